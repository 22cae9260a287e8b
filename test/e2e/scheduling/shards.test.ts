// --shard: the shards of a list, on one machine or several, leave what one run of the whole list leaves.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/bulkget.ts";
import { shell } from "../../support/command.ts";
import { merged, wholeOf } from "../../support/folders/shards.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const { at } = folder;

const SHARDS = [1, 2, 3, 4] as const;
const HOSTS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

/** Options by which the hosts of the list are the test's server. */
const resolve = () => HOSTS.flatMap((host) => ["--resolve", `${host}.test:${portOf()}:127.0.0.1`]);
const portOf = () => new URL(server.origin).port;

/** A list of 5,000 lines: every tenth is a URL, some fail, and some have names. The others are comments, or blank. */
function listOf(): void {
  const lines = Array.from({ length: 5000 }, (_, i) => {
    if (i % 10 !== 3) return i % 2 === 0 ? "" : "# a comment";
    const url = `http://${HOSTS[((i / 10) % 8) | 0]}.test:${portOf()}/p${i}`;
    return i % 70 === 3 ? `${url}\tnamed-${i}.txt` : url;
  });
  lines[4993] = "ftp://example.com/1";
  lines[13] = "no URL";
  server.answers.set("/p1003", status(404));
  server.answers.set("/p2503", status(503));
  folder.list(lines);
}

const common = () => ["--retries", "0", "--progress", "none", ...resolve()];
const run = (out: string, ...args: string[]) => folder.run(["urls.txt", "-o", out, ...common(), ...args]);

/** The report of folders, without times and what follows from them. */
async function reportOf(...folders: string[]): Promise<object> {
  const { code, stdout, stderr } = await folder.run(["report", ...folders, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  const { counts, failures, statuses, types, sizes, shards } = JSON.parse(stdout) as Record<string, unknown>;
  return { counts, failures, statuses, types, sizes, shards };
}

describe.each([["line"], ["host"]])("four shards by %s", (by) => {
  it("leave the names, bytes, records and failed lines of a run of the whole list, in folders that are copied together", async () => {
    listOf();
    expect((await run("whole")).code).toBe(1);
    for (const i of SHARDS) await run(`part${i}`, "--shard", `${i}/4`, "--shard-by", by);
    merged(
      SHARDS.map((i) => at(`part${i}`)),
      at("all"),
    );
    expect(wholeOf(at("all"))).toEqual(wholeOf(at("whole")));
    expect(wholeOf(at("all")).records).toHaveLength(500);

    const whole = await reportOf("whole");
    const shards = [{ shards: 4, missing: [], unfinished: [] }];
    expect(await reportOf("all")).toEqual({ ...whole, shards });
    expect(await reportOf(...SHARDS.map((i) => `part${i}`))).toEqual({ ...whole, shards });
  });

  it("leave the same in one folder into which they write at the same time", async () => {
    listOf();
    await run("whole");
    const ends = await Promise.all(
      SHARDS.map((i) => {
        return folder.runProcess(["urls.txt", "-o", "all", ...common(), "--shard", `${i}/4`, "--shard-by", by]);
      }),
    );
    expect(ends.map(({ code }) => code).filter((code) => code !== 0 && code !== 1)).toEqual([]);
    expect(wholeOf(at("all"))).toEqual(wholeOf(at("whole")));
    expect(existsSync(at("all", ".bulkget/1-of-4"))).toBe(false);
    expect(JSON.parse(readFileSync(at("all", ".bulkget/shards"), "utf8"))).toEqual({ shards: 4, by });
  });
});

describe("shards by host", () => {
  it("have all URLs of a host in one of them", async () => {
    listOf();
    const hostsOf = new Map<string, Set<number>>();
    for (const i of SHARDS) {
      await run(`part${i}`, "--shard", `${i}/4`, "--shard-by", "host");
      for (const record of wholeOf(at(`part${i}`)).records as { url: string }[]) {
        if (!record.url.startsWith("http")) expect(i).toBe(1);
        else {
          const { host } = new URL(record.url);
          hostsOf.set(host, (hostsOf.get(host) ?? new Set()).add(i));
        }
      }
    }
    expect([...hostsOf.values()].map((shards) => shards.size)).toEqual(HOSTS.map(() => 1));
    expect(new Set([...hostsOf.values()].flatMap((shards) => [...shards])).size).toBeGreaterThan(1);
  });
});

describe.each([
  ["tar", "00000.3-of-4.tar"],
  ["warc", "00000.3-of-4.warc.gz"],
])("shards as --format %s", (format, archive) => {
  it("have archives with the shard in their names, whose bodies are those of a run of the whole list", async () => {
    listOf();
    await run("whole");
    for (const i of SHARDS) await run("all", "--shard", `${i}/4`, "--format", format, "--shard-count", "50");
    expect(existsSync(at("all", archive))).toBe(true);
    for (const n of [4, 2004, 4984]) {
      const one = await folder.run(["extract", "whole", String(n)]);
      const other = await folder.run(["extract", "all", String(n)]);
      expect([other.code, other.stdout]).toEqual([0, one.stdout]);
    }
    const again = await run("all", "--shard", "3/4", "--format", format);
    expect(again.stderr).toContain("saved earlier");
    expect(wholeOf(at("all")).records).toHaveLength(500);
  });
});

describe("other ways to run a shard", () => {
  it("several processes fetch the lines of the shard, and no other", async () => {
    listOf();
    await run("one", "--shard", "2/4");
    await folder.runProcess(["urls.txt", "-o", "many", ...common(), "--shard", "2/4", "--workers", "3"]);
    expect(wholeOf(at("many"))).toEqual(wholeOf(at("one")));
  });

  it("a list on standard input, or packed, has the same lines", async () => {
    listOf();
    await run("file", "--shard", "2/4");
    const { code } = await shell(`cat urls.txt | bulkget - -o stdin ${common().join(" ")} --shard 2/4`, {
      cwd: folder.path,
    });
    expect(code).toBe(1);
    expect(wholeOf(at("stdin"))).toEqual(wholeOf(at("file")));
    writeFileSync(at("urls.txt.gz"), gzipSync(readFileSync(at("urls.txt"))));
    await folder.run(["urls.txt.gz", "-o", "packed", ...common(), "--shard", "2/4"]);
    expect(wholeOf(at("packed"))).toEqual(wholeOf(at("file")));
  });

  it("rows of a table go by their places, whatever numbers they have", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => {
      return i % 100 === 0 ? `{"url":"${server.url(`/r${i}`)}","n":${9000 - i}}` : `{"url":"","n":""}`;
    });
    folder.list(rows, "rows.jsonl");
    const numbers: number[][] = [];
    for (const i of [1, 2, 3]) {
      await folder.run(["rows.jsonl", "--column", "n=n", "-o", `part${i}`, "--progress", "none", "--shard", `${i}/3`]);
      const records = wholeOf(at(`part${i}`)).records as { n: number; outcome: string }[];
      numbers.push(records.filter(({ outcome }) => outcome === "saved").map(({ n }) => n));
    }
    const expected = [0, 1, 2].map((block) => Array.from({ length: 10 }, (_, i) => 9000 - 1000 * block - 100 * i));
    expect(numbers).toEqual(expected.map((all) => all.sort((a, b) => a - b)));
  });

  it("--dry-run counts the lines of the shard", async () => {
    listOf();
    const { stdout } = await run("out", "--dry-run", "--shard", "2/4");
    expect(stdout).toMatch(/^lines +100 in urls\.txt$/m);
  });

  it("a shard without a line is done at once, says so, and counts as run", async () => {
    folder.list([server.url("/1")]);
    const { code, stderr } = await run("out", "--shard", "3/4");
    expect([code, stderr]).toEqual([0, expect.stringContaining("none with a URL is in shard 3/4: nothing to do")]);
    for (const i of [1, 2, 4]) await run("out", "--shard", `${i}/4`);
    expect(await reportOf("out")).toMatchObject({ shards: [{ shards: 4, missing: [], unfinished: [] }] });
  });

  it("the library takes the items of a shard, by their places or hosts", async () => {
    const urls = Array.from({ length: 2500 }, (_, i) => (i % 100 === 7 ? server.url(`/i${i}`) : "no URL"));
    const numbers: number[] = [];
    for await (const { n, outcome } of bulkget(urls, { outputDir: at("out"), shard: "2/2" })) {
      if (outcome === "saved") numbers.push(n);
    }
    expect(numbers.sort((a, b) => a - b)).toEqual(
      [8, 108, 208, 308, 408, 508, 608, 708, 808, 908].map((n) => n + 1000),
    );
    expect(() => bulkget(urls, { shard: "3/2" })).toThrow('shard: "3/2" is not a shard such as "3/16"');
    expect(() => bulkget(urls, { shardBy: "host" })).toThrow("shardBy: needs `shard`");
  });
});
