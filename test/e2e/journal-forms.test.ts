// results.jsonl as people's tools leave it: a run goes on with whatever holds records of its own, and touches nothing else.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../support/again.ts";
import { leftIn, status } from "../support/site.ts";

const { server, at, saved, list, run } = runsAgain();

const pretty = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `${JSON.stringify(JSON.parse(line), undefined, 2)}\n`)
    .join("");
const array = (text: string) =>
  JSON.stringify(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    undefined,
    2,
  );
const sorted = (text: string) => `${text.trimEnd().split("\n").sort().join("\n")}\n`;
const reordered = (text: string) =>
  text.replaceAll(/.+/g, (line) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse())));
const escapes = (text: string) => text.replaceAll("http://", "http:\\/\\/").replaceAll('"saved"', '"sav\\u0065d"');
const floats = (text: string) => text.replaceAll(/"(n|bytes)":(\d+)/g, '"$1":$2.0');
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");

/** What a tool makes of a journal, and whether a run has to write it anew. */
const FORMS: readonly (readonly [string, (text: string) => string | Buffer, boolean])[] = [
  ["with a byte order mark", (text) => `\ufeff${text}`, true],
  ["in UTF-16, as PowerShell has it", (text) => utf16(text.replaceAll("\n", "\r\n")), true],
  ["in UTF-16, the high byte first", (text) => utf16(text).swap16(), true],
  ["laid out by jq .", pretty, true],
  ["laid out by jq . in PowerShell", (text) => utf16(pretty(text).replaceAll("\n", "\r\n")), true],
  ["in one array", array, true],
  ["with blank lines", (text) => text.replaceAll("\n", "\n\n"), true],
  ["with CRLF", (text) => text.replaceAll("\n", "\r\n"), false],
  ["sorted", sorted, false],
  ["twice in a row", (text) => text + text, false],
  ["with its keys in another order", reordered, false],
  ["with escapes that JSON allows", escapes, false],
  ["with numbers that have a fraction", floats, false],
];

describe("a journal", () => {
  it.each(FORMS)("%s is gone on with", async (_, form) => {
    list(TEN);
    server.answers.set("/page-7", status(404));
    expect((await run()).code).toBe(1);
    const done = leftIn(saved());
    writeFileSync(saved("results.jsonl"), form(readFileSync(saved("results.jsonl"), "utf8")));
    server.asked();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(1);
    expect(stderr).toContain("9 saved earlier");
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(done);
    const journal = readFileSync(saved("results.jsonl"), "utf8").split("\n");
    expect(journal).toHaveLength(TEN.length + 1);
    expect(readdirSync(saved())).not.toContain(".bulkget");
  });

  it.each(FORMS)("%s is removed by --force as any other", async (_, form) => {
    list(TEN);
    await run();
    const done = leftIn(saved());
    writeFileSync(saved("results.jsonl"), form(readFileSync(saved("results.jsonl"), "utf8")));
    const { code, stderr } = await run("--force", "--name", "{n}.again");
    expect(code, stderr).toBe(0);
    expect(Object.keys(leftIn(saved()).files)).toHaveLength(Object.keys(done.files).length);
  });

  it("keeps what somebody else has written into it, whether a run goes on or starts over", async () => {
    list(TEN);
    await run();
    for (const args of [[], ["--force"]]) {
      const text = readFileSync(saved("results.jsonl"), "utf8");
      writeFileSync(saved("results.jsonl"), `# my notes\n${text}{"mine": 1}`);
      const { code, stderr } = await run(...args);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("2 lines of the journal are no records: now in downloads/results.jsonl.foreign\n");
    }
    expect(readFileSync(saved("results.jsonl.foreign"), "utf8")).toBe('# my notes\n{"mine": 1}\n'.repeat(2));
  });

  it("of a newer version's is left alone in any layout", async () => {
    list(TEN);
    await run();
    const text = `${readFileSync(saved("results.jsonl"), "utf8")}{"n":11,"url":"${server.url("/x")}","outcome":"postponed"}\n`;
    for (const form of [pretty, utf16]) {
      writeFileSync(saved("results.jsonl"), form(text));
      const { code, stderr } = await run();
      expect(code).toBe(2);
      expect(stderr).toContain('outcome "postponed", which only a newer bulkget knows');
      expect(readFileSync(saved("results.jsonl"))).toEqual(Buffer.from(form(text)));
    }
  });
});

describe("a results.jsonl that no run has written", () => {
  const OWN: readonly (readonly [string, string | Buffer])[] = [
    ["of somebody's own records", '{"id":1,"result":"fine"}\n{"n":2,"url":"http://a/"}\n'],
    ["of one object over several lines", '{\n  "results": [\n    { "n": 1, "url": "u" }\n  ]\n}\n'],
    ["of text", "my results\n"],
    ["without a line feed", "x"],
    ["of bytes", Buffer.from([0x1f, 0x8b, 8, 0, 0xff, 0xfe, 10, 0, 200])],
    ["in UTF-16", utf16('{"id":1}\r\n')],
    ["of brackets", "[]\n"],
  ];

  it.each(OWN)("%s is not touched, and nothing is fetched", async (_, content) => {
    list(TEN);
    for (const folder of ["downloads", "."]) {
      mkdirSync(at(folder), { recursive: true });
      writeFileSync(at(folder, "results.jsonl"), content);
      for (const more of [[], ["--force"], ["-u"], ["--retry-failed"], ["--dedupe"]]) {
        const before = lstatSync(at(folder, "results.jsonl"), { bigint: true });
        const names = readdirSync(at(folder));
        const { code, stderr } = await run("-o", folder, ...more);
        expect([code, stderr]).toEqual([2, expect.stringContaining("results.jsonl: is no journal of bulkget's")]);
        expect(stderr).toContain("move it away, or use another folder (-o)");
        expect(readFileSync(at(folder, "results.jsonl"))).toEqual(Buffer.from(content));
        expect(lstatSync(at(folder, "results.jsonl"), { bigint: true }).ctimeNs).toBe(before.ctimeNs);
        expect(readdirSync(at(folder))).toEqual(names);
      }
    }
    expect(server.asked()).toEqual([]);
  });

  it.each([
    ["a folder", (path: string) => mkdirSync(path)],
    ["a link", (path: string) => symlinkSync(at("urls.txt"), path)],
    ["a link to nowhere", (path: string) => symlinkSync("/nowhere/at/all", path)],
    ["a second name of another file", (path: string) => linkSync(at("urls.txt"), path)],
    ["a pipe", (path: string) => void spawnSync("mkfifo", [path])],
  ])("but is %s is not touched, with --force neither", async (_, make) => {
    list(TEN);
    mkdirSync(saved());
    make(saved("results.jsonl"));
    for (const more of [[], ["--force"]]) {
      const { code, stderr } = await run(...more);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/results\.jsonl: (is|has) .*or use another folder \(-o\)/),
      ]);
      expect(readdirSync(saved())).toEqual(["results.jsonl"]);
      expect(existsSync(at("urls.txt"))).toBe(true);
    }
    expect(server.asked()).toEqual([]);
  });

  it.each(["", "\n\n", "\0".repeat(4096), '{"n":1,"url":"http://127.0', '{"'])(
    "but was begun by a run that was killed (%j) is gone on with",
    async (content) => {
      list(TEN);
      mkdirSync(saved());
      writeFileSync(saved("results.jsonl"), content);
      const { code, stderr } = await run();
      expect(code, stderr).toBe(0);
      expect(leftIn(saved()).records).toHaveLength(TEN.length);
    },
  );
});
