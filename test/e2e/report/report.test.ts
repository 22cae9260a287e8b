// bulkget report: figures against the records themselves, on folders of real runs; and clear errors where there are none.

import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type AsyncBuffer, parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { recordsOf, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { recordOfRow } from "../../support/parquet-records.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { pageOf, status } from "../../support/site.ts";

const HAS_JQ = spawnSync("jq", ["--version"]).status === 0;

const server = ownSite();
const folder = ownFolder();
const { at } = folder;
const list = (...paths: readonly string[]) => folder.list(paths.map(server.url));
const run = (...args: string[]) => folder.run(["urls.txt", "-q", "--retries", "0", ...args]);
const report = (...args: string[]) => folder.run(["report", ...args]);

interface Json {
  readonly counts: Readonly<Record<string, number>>;
  readonly failures: readonly object[];
  readonly hosts: readonly object[];
  readonly types: readonly object[];
  readonly chronology: { readonly of: number; readonly requests: readonly object[] };
}

async function json(...args: string[]): Promise<Json> {
  const { code, stdout, stderr } = await report(...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Json;
}

describe.each([
  ["files", []],
  ["tar archives", ["--format", "tar"]],
  ["WARC archives", ["--format", "warc"]],
])("the report on a folder with %s", (_, format) => {
  it("has the last record of each line after a resumed run, and leaves the folder as it was", async () => {
    server.answers.set("/gone", status(404));
    server.answers.set("/busy", status(503));
    list("/1", "/gone", "/busy", "/4");
    expect((await run("-o", "out", ...format)).code).toBe(1);
    server.answers.delete("/busy");
    expect((await run("-o", "out", ...format)).code).toBe(1);
    const before = await shell("find out -type f | sort | xargs sha256sum", { cwd: folder.path });
    const { counts, failures, hosts, chronology } = await json("out");
    const bytes = ["/1", "/busy", "/4"].reduce((sum, path) => sum + pageOf(path).length, 0);
    expect(counts).toMatchObject({ urls: 4, saved: 3, failed: 1, retryable: 0, bytes, unreadable: 0 });
    expect(failures).toEqual([{ error: "http_status", status: 404, urls: 1, retryable: false }]);
    expect(hosts).toMatchObject([{ host: server.origin.slice("http://".length), urls: 4, failed: 1, max_error: 0 }]);
    expect(chronology).toMatchObject({ of: 4 });
    const after = await shell("find out -type f | sort | xargs sha256sum", { cwd: folder.path });
    expect(after.stdout).toBe(before.stdout);
  });
});

describe("bulkget report", () => {
  it("prints what a person asks first, with the command that tries again", async () => {
    server.answers.set("/gone", status(404));
    server.answers.set("/busy", status(503));
    list("/1", "/gone", "/busy");
    await run("-o", "it's out");
    const { code, stdout, stderr } = await report("it's out");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("saved   1 (");
    expect(stdout).toContain("failed  2 (67 %); another try may help for 1\n");
    expect(stdout).toMatch(/1 {2}http_status 404 {2}Not Found\n/);
    expect(stdout).toMatch(/1 {2}http_status 503 {2}Service Unavailable {2}another try may help\n/);
    server.answers.clear();
    const again = async (text: string) => {
      const command = text.trimEnd().split("\n").at(-1)?.trim() ?? "";
      await shell(command, { cwd: folder.path });
      return [command, (await json("it's out")).counts["saved"]];
    };
    // The command of the run retries what may pass; the failed list, everything.
    expect(await again(stdout)).toEqual(["bulkget urls.txt -q --retries 0 -o 'it'\\''s out'", 2]);
    expect(await again((await report("it's out")).stdout)).toEqual([
      "bulkget 'it'\\''s out/failed.txt' -o 'it'\\''s out'",
      3,
    ]);
  });

  it("takes several folders as one run, and refuses the same one twice", async () => {
    list("/1", "/2");
    await run("-o", "one");
    list("/3", "/4", "/5");
    await run("-o", "two");
    symlinkSync("one", at("link"));
    expect((await json("one", "two")).counts).toMatchObject({ urls: 5, saved: 5 });
    const { code, stderr } = await report("one", "two", "link");
    expect([code, stderr]).toEqual([2, "bulkget: link: is the same folder as one: name it once\n"]);
  });

  it("reads a folder in which a run is under way", async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    server.answers.set("/held", () => isAsked());
    list("/1", "/2", "/held");
    const way = commandUnderWay(["urls.txt", "-o", "out", "-c", "1"], folder.path);
    await asked;
    await expect.poll(async () => (await report("out", "--json")).stdout).toContain('"counts":{"urls":2,"saved":2,');
    way.kill("SIGKILL");
    await way.ended;
  });

  it("counts damaged lines, and takes a half written last one as none", async () => {
    list("/1", "/2", "/3");
    await run("-o", "out");
    const lines = readFileSync(at("out/results.jsonl"), "utf8").split("\n");
    writeFileSync(
      at("out/results.jsonl"),
      `${lines[0]}\nrubbish\n${lines[1]?.slice(0, 50)}\n${lines[2]?.slice(0, 50)}`,
    );
    expect((await json("out")).counts).toMatchObject({ urls: 1, unreadable: 2 });
    expect((await report("out")).stdout).toContain("left out 2 lines of the journal that are no records\n");
  });

  it("escapes whatever the records hold", async () => {
    mkdirSync(at("out"));
    const evil = "</script>\u001b[31m\u202e\u2066\r\n";
    const [url, detail] = [`http://a/${evil}${"x".repeat(61_440)}`, `${evil}${"y".repeat(61_440)}`];
    const time = "2026-01-01T00:00:00.000Z";
    const failed = { n: 1, url, outcome: "failed", error: evil, detail, total_ms: 5, attempts: 1, time };
    const saved = {
      n: 2,
      url: "http://b/",
      outcome: "saved",
      bytes: 1,
      type: evil,
      total_ms: "x",
      attempts: null,
      time,
    };
    writeFileSync(at("out/results.jsonl"), `${JSON.stringify(failed)}\n${JSON.stringify(saved)}\n`);
    const { code, stdout } = await report("out");
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(400);
  });

  it("writes the records as Parquet, which are those of the journal", async () => {
    server.answers.set("/gone", status(404));
    list("/1", "/gone", "/3");
    await run("-o", "out", "--hash", "sha256");
    const { code, stderr } = await report("out", "--parquet", "records.parquet");
    expect([code, stderr]).toEqual([0, "bulkget: records.parquet: 3 records\n"]);
    const { buffer, byteOffset, length } = readFileSync(at("records.parquet"));
    const file = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer & AsyncBuffer;
    const rows = await parquetReadObjects({ file, compressors: { GZIP: (part) => gunzipSync(part) } });
    expect(rows.map(recordOfRow).sort((a, b) => Number(a["n"]) - Number(b["n"]))).toEqual(
      [...recordsOf(at("out")).values()].sort((a, b) => a.n - b.n),
    );
    expect((await report("out", "--parquet", "records.parquet")).code).toBe(0); // replaces its own
    // It is a list as well.
    expect((await folder.run(["records.parquet", "-o", "again", "-q", "--dry-run"])).stdout).toContain("lines       3");
  });

  it.each([
    ["results.jsonl of the folder", "out/results.jsonl"],
    ["a Parquet file of another program", "other.parquet"],
    ["a text", "urls.txt"],
  ])("--parquet replaces no other file: %s", async (_, path) => {
    list("/1");
    await run("-o", "out");
    writeFileSync(at("other.parquet"), "PAR1 something else PAR1");
    const before = readFileSync(at(path));
    const { code, stderr, stdout } = await report("out", "--parquet", path);
    const why = "exists and is no file of bulkget report --parquet; name another file";
    expect([code, stderr, stdout]).toEqual([2, `bulkget: --parquet ${path}: ${why}\n`, ""]);
    expect(readFileSync(at(path))).toEqual(before);
  });

  it.each([
    ["no folder", ["none"], "none: there is no such folder: name the one that a run wrote into"],
    ["a folder of no run", ["."], ".: has no results.jsonl: name the folder that a run wrote into (its -o or --state)"],
    ["a file", ["urls.txt"], "urls.txt: is a file: name the folder of a run"],
    ["a journal", ["out/results.jsonl"], "out/results.jsonl: is a file: name its folder, out"],
    ["an empty journal", ["empty"], "empty: results.jsonl has no record yet: try again when a URL has finished"],
    [
      "a journal of something else",
      ["odd"],
      "odd: results.jsonl has no line that is a record of a run: if another program has reformatted it, the next run in this folder repairs it",
    ],
    [
      "nothing",
      [],
      "missing required argument 'folder': the output folder of a run; several are one run (bulkget report --help)",
    ],
    ["an unknown option", ["out", "--yaml"], "unknown option '--yaml' (bulkget report --help)"],
    ["no place for the Parquet file", ["out", "--parquet", "no/x"], "--parquet no/x: cannot be written: "],
  ])("refuses %s with the reason and the next step", async (_, args, message) => {
    list("/1");
    await run("-o", "out");
    for (const name of ["empty", "odd"]) mkdirSync(at(name));
    writeFileSync(at("empty/results.jsonl"), "");
    writeFileSync(at("odd/results.jsonl"), "{}\n");
    const { code, stderr, stdout } = await report(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`bulkget: ${message}`);
  });

  it.skipIf(!HAS_JQ)("has the figures that jq has, of a journal with everything", async () => {
    server.answers.set("/gone", status(404));
    server.answers.set("/busy", status(503));
    list(...Array.from({ length: 60 }, (_, i) => (i % 5 === 0 ? "/gone" : i % 7 === 0 ? "/busy" : `/${i}`)));
    await run("-o", "out", "--dedupe");
    appendFileSync(at("out/results.jsonl"), '{"n":1,"url":"http://a/","outcome":"moved"}\n');
    const last = '[inputs] | group_by(.n) | map(last) | map(select(.outcome != "moved"))';
    const jq = async (filter: string) => {
      const { stdout, stderr } = await shell(`jq -nc '${last} | ${filter}' out/results.jsonl`, { cwd: folder.path });
      expect(stderr).toBe("");
      return JSON.parse(stdout) as unknown;
    };
    const { counts, failures } = await json("out");
    expect(counts).toMatchObject(
      (await jq('{urls: length, saved: map(select(.outcome == "saved")) | length}')) as object,
    );
    expect(counts["bytes"]).toBe(await jq('map(select(.outcome == "saved").bytes) | add'));
    expect(counts["duplicates"]).toBe(await jq("map(select(.duplicate_of)) | length"));
    const groups =
      "map(select(.error)) | group_by([.error, .status]) | map({error: .[0].error, status: .[0].status, urls: length, retryable: .[0].retryable}) | sort_by(-.urls)";
    expect(failures).toEqual(await jq(groups));
  });
});
