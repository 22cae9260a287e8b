// The members of a WARC file, read one after the other, also where a crash has left one without its lengths.
import { randomBytes } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SIZED_HEADER_BYTES } from "../../../src/sink/warc/gzip/gzip-format.ts";
import { piecewiseMember } from "../../../src/sink/warc/gzip/piecewise-member.ts";
import { eachMember } from "../../../src/sink/warc/read-members.ts";
import { gzipMember, joined } from "../../../src/sink/warc/records/gzip-member.ts";
import { own, ownFolder } from "../../support/own.ts";

const folder = ownFolder();

async function lengthsIn(content: Uint8Array): Promise<readonly number[]> {
  writeFileSync(folder.at("file"), content);
  const fd = openSync(folder.at("file"), "r");
  own({ close: () => closeSync(fd) });
  const lengths: number[] = [];
  await eachMember(fd, content.length, ({ length }) => {
    if (lengths.push(length) > 10) throw new Error("the same member again and again");
  });
  return lengths;
}

describe("a member that is encoded in pieces", () => {
  it.each([1000, 3_000_000])(
    "is found by its content where its header has no lengths yet, with %s bytes",
    async (bytes) => {
      const body = randomBytes(bytes);
      const { header, encode, end } = piecewiseMember(body.length + 2, true);
      expect(header.length).toBe(SIZED_HEADER_BYTES);
      const member = Buffer.concat([header, ...(await encode(body)), end(Buffer.from("\r\n"))]);
      const next = joined([gzipMember("h", Buffer.from("next"), true)]);
      expect(await lengthsIn(Buffer.concat([member, next]))).toEqual([member.length, next.length]);
    },
  );
});
