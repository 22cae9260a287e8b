// The index beside a WARC file: written when that is sealed, also after a kill, and never over a file that is not its own.
import { existsSync, linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sealShards } from "../../../src/sink/seal-shards.ts";
import { joined } from "../../../src/sink/warc/records/gzip-member.ts";
import { captured, requestRecord, warcinfoRecord } from "../../../src/sink/warc/records/records.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const NAME = "00000.warc.gz";

const bytes = joined([
  warcinfoRecord(NAME, 0, [["software", "bulkget"]]),
  requestRecord(
    captured({
      ...{ url: "http://example.org/", protocol: "http/1.1", address: undefined, sentMs: 0 },
      ...{ request: "GET / HTTP/1.1\r\n\r\n", response: "HTTP/1.1 200 OK\r\n\r\n" },
    }),
    "sha1",
  ),
]);

async function seal(end = bytes.length): Promise<void> {
  await sealShards({ folder: folder.path, state: folder.at(".bulkget"), endOf: () => end, isSynced: false });
}

function left(more = ""): void {
  mkdirSync(folder.at(".bulkget"));
  writeFileSync(folder.at(".bulkget", `${NAME}.part`), Buffer.concat([bytes, Buffer.from(more)]));
}

describe("a WARC file that is sealed", () => {
  it("is cut after its last record, and has an index beside it", async () => {
    left("not recorded");
    await seal();
    expect(readFileSync(folder.at(NAME)).equals(bytes)).toBe(true);
    expect(readFileSync(folder.at("00000.cdxj"), "utf8")).toBe("");
    expect(existsSync(folder.at(".bulkget/00000.cdxj"))).toBe(false);
  });

  it.each([["no index"], ["half of the index"], ["the index"]])(
    "gets its index by the next run, where a kill left %s",
    async (what) => {
      left();
      linkSync(folder.at(".bulkget", `${NAME}.part`), folder.at(NAME));
      if (what !== "no index") writeFileSync(folder.at(".bulkget/00000.cdxj"), what);
      if (what === "the index") writeFileSync(folder.at("00000.cdxj"), "");
      await seal();
      expect(readFileSync(folder.at("00000.cdxj"), "utf8")).toBe("");
      expect(existsSync(folder.at(".bulkget", `${NAME}.part`))).toBe(false);
      expect(existsSync(folder.at(".bulkget/00000.cdxj"))).toBe(false);
    },
  );

  it("leaves an index alone that is another one, and names it", async () => {
    left();
    writeFileSync(folder.at("00000.cdxj"), "mine");
    await expect(seal()).rejects.toThrow("00000.cdxj: not the index of 00000.warc.gz");
    expect(readFileSync(folder.at("00000.cdxj"), "utf8")).toBe("mine");
  });
});
