// results.jsonl as editors and tools leave it: a run resumes from any form of its own records, and changes no foreign file.

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
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { leftIn, status } from "../../support/site.ts";

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

/** The forms that tools make of a journal, and whether a run has to rewrite them. */
const FORMS: readonly (readonly [string, (text: string) => string | Buffer, boolean])[] = [
  ["with a byte order mark", (text) => `\ufeff${text}`, true],
  ["in UTF-16LE, as PowerShell writes it", (text) => utf16(text.replaceAll("\n", "\r\n")), true],
  ["in UTF-16BE", (text) => utf16(text).swap16(), true],
  ["formatted by jq", pretty, true],
  ["formatted by jq in PowerShell", (text) => utf16(pretty(text).replaceAll("\n", "\r\n")), true],
  ["as one array", array, true],
  ["with blank lines", (text) => text.replaceAll("\n", "\n\n"), true],
  ["with CRLF", (text) => text.replaceAll("\n", "\r\n"), false],
  ["sorted", sorted, false],
  ["doubled", (text) => text + text, false],
  ["with its keys in another order", reordered, false],
  ["with escapes that JSON allows", escapes, false],
  ["with fractions in numbers", floats, false],
];

describe("a journal", () => {
  it.each(FORMS)("%s is resumed without a request", async (_, form) => {
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

  it.each(FORMS)("%s is replaced by --force, with the files that it records", async (_, form) => {
    list(TEN);
    await run();
    const done = leftIn(saved());
    writeFileSync(saved("results.jsonl"), form(readFileSync(saved("results.jsonl"), "utf8")));
    const { code, stderr } = await run("--force", "--name", "{n}.again");
    expect(code, stderr).toBe(0);
    expect(Object.keys(leftIn(saved()).files)).toHaveLength(Object.keys(done.files).length);
  });

  it("with foreign lines is resumed, or replaced by --force, and the lines move to results.jsonl.foreign", async () => {
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

  it("of a newer version is left unchanged in any form", async () => {
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
    ["with foreign JSON lines", '{"id":1,"result":"fine"}\n{"n":2,"url":"http://a/"}\n'],
    ["with one object over several lines", '{\n  "results": [\n    { "n": 1, "url": "u" }\n  ]\n}\n'],
    ["with text", "my results\n"],
    ["without a line feed", "x"],
    ["with binary data", Buffer.from([0x1f, 0x8b, 8, 0, 0xff, 0xfe, 10, 0, 200])],
    ["with UTF-16", utf16('{"id":1}\r\n')],
    ["with an empty array", "[]\n"],
  ];

  it.each(OWN)("%s is not changed by any option, and nothing is fetched", async (_, content) => {
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
    ["a symbolic link", (path: string) => symlinkSync(at("urls.txt"), path)],
    ["a dangling link", (path: string) => symlinkSync("/nowhere/at/all", path)],
    ["a hard link to another file", (path: string) => linkSync(at("urls.txt"), path)],
    ["a pipe", (path: string) => void spawnSync("mkfifo", [path])],
  ])("and that is %s is not changed, even with --force", async (_, make) => {
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

  it.each([
    ["nothing", ""],
    ["line feeds", "\n\n"],
    ["4096 NULs", "\0".repeat(4096)],
    ["a truncated record", '{"n":1,"url":"http://127.0'],
    ["two bytes of a record", '{"'],
  ])("and that holds only %s, as a killed run leaves it, is resumed", async (_, content) => {
    list(TEN);
    mkdirSync(saved());
    writeFileSync(saved("results.jsonl"), content);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(leftIn(saved()).records).toHaveLength(TEN.length);
  });
});
