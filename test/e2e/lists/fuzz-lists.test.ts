// Randomly mutated list lines, through the library and the command: one outcome per line, no file elsewhere.

import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { redacted } from "../../../src/core/url/redact.ts";
import { bulkget, type Outcome } from "../../../src/index.ts";
import { decodeLine } from "../../../src/source/formats/decode-line.ts";
import { shell } from "../../support/command.ts";
import { numbers } from "../../support/numbers.ts";
import { ownFolder } from "../../support/own.ts";
import { type EchoProxy, echoProxy, hostileLists } from "../../support/servers/hostile.ts";

const LINES = Number(process.env["FUZZ_LINES"] ?? 15_000);
const LINES_OF_THE_COMMAND = 3000;

/** BULKGET_TEST_SEED repeats a failure. */
const seed = Number(process.env["BULKGET_TEST_SEED"] ?? Date.now() % 1_000_000_007);

const folder = ownFolder();
let proxy: EchoProxy;
beforeAll(async () => {
  proxy = await echoProxy();
  // All requests go to the proxy, whatever host a line names.
  for (const name of ["no_proxy", "NO_PROXY"]) vi.stubEnv(name, undefined);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await proxy.close();
});

/** Parts of URLs, and text that is invalid in a URL. */
const PIECES = [
  "http://",
  "http:",
  "HTTP://",
  "ftp://",
  "//",
  "/",
  "\\",
  "?",
  "#",
  ":",
  "@",
  ".",
  "..",
  "%",
  "%2F",
  "%00",
  "%zz",
  "%2e%2e",
  "[::1]",
  "[",
  "]",
  "127.1",
  "0x7f.1",
  ":0",
  ":80",
  ":99999",
  "xn--",
  "xn--bcher-kva",
  "bücher",
  "example.org",
  "a.example",
  "user:secret@",
  "\t",
  "\t../../x",
  "\tn=7",
  "\tsha256=00",
  "\t000042",
  "\t.bulkget/lock",
  "\tresults.jsonl",
  "\r",
  "\n",
  "\0",
  " ",
  "\u00a0",
  "\ufeff",
  "\u2028",
  "\u202e",
  "\u009b",
  "\u001b[2J",
  "\ufffd",
  "é",
  "😀",
  "e\u0301",
  "x".repeat(64),
  "x".repeat(300),
  "../".repeat(20),
  "\u00ad",
  "-",
  "_",
  "con",
  "nul.txt",
  '"',
  "'",
  "<",
  "{",
  "|",
  "`",
  "$(id)",
  "=",
  "&",
  "+",
  "~",
  "*",
].map((piece) => Buffer.from(piece));

const aLine = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => Buffer.concat(pieces)),
  },
  {
    weight: 2,
    arbitrary: fc.webUrl({ withFragments: true, withQueryParameters: true }).map((url) => Buffer.from(url)),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
);

/** Random lines, most of them made from another line by a few changes. */
function manyLines(count: number): Buffer[] {
  const random = numbers(seed);
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T; // `of` is never empty
  // A UTF-16 line ends a UTF-8 list, so these lists are left out.
  const lists = hostileLists().filter(({ name }) => !name.startsWith("utf16"));
  const corpus = lists.flatMap(({ path }) => split(readFileSync(path)));
  const bases = [...fc.sample(aLine, { numRuns: 4000, seed }), ...corpus];
  return Array.from({ length: count }, () => {
    let line = any(bases);
    for (let changes = Math.floor(random() * 4); changes > 0; changes--) {
      const at = Math.floor(random() * (line.length + 1));
      const to = Math.min(line.length, at + Math.floor(random() * 8));
      const change = any(["insert", "cut", "flip", "splice", "repeat"]);
      if (change === "insert") line = Buffer.concat([line.subarray(0, at), any(PIECES), line.subarray(at)]);
      else if (change === "cut") line = Buffer.concat([line.subarray(0, at), line.subarray(to)]);
      else if (change === "splice") line = Buffer.concat([line.subarray(0, at), any(bases).subarray(at)]);
      else if (change === "repeat") line = Buffer.concat([line.subarray(0, to), line.subarray(at)]);
      else line = Buffer.from(line.map((byte, i) => (i === at ? byte ^ (1 << Math.floor(random() * 8)) : byte)));
    }
    // https lines fail at the proxy, with one connection each: a few are enough.
    const isSecure = /^\s*https/i.test(line.toString("latin1"));
    return isSecure && random() > 0.002
      ? Buffer.from(line.toString("latin1").replace(/https/i, "http"), "latin1")
      : line;
  });
}

function split(bytes: Buffer): Buffer[] {
  const lines = bytes.toString("latin1").split(/\r*\n|\r/);
  return lines.map((line) => Buffer.from(line, "latin1"));
}

/** The URLs that must have an outcome, with repetitions, sorted. */
function urlsIn(list: Buffer): string[] {
  const lines = split(list).map((line) => decodeLine(line, 0, line.length).trim());
  const urls = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return urls.map((line) => redacted((line.split("\t", 1)[0] ?? "").trimEnd().slice(0, 65_537))).sort();
}

/** The list, and an output folder so deep that a file that climbs out of it still lies in the test's own folder. */
function prepared(count: number) {
  const list = Buffer.concat(manyLines(count).flatMap((line) => [line, Buffer.from("\n")]));
  const path = folder.at("list.txt");
  writeFileSync(path, list);
  return { list, path, outputDir: folder.at("a/b/c/out") };
}

function check(list: Buffer, outcomes: readonly Outcome[], outputDir: string): void {
  expect(outcomes.map(({ url }) => url).sort()).toEqual(urlsIn(list));
  expect(
    outcomes.filter((one) => one.outcome === "failed" && ["internal", "write_failed"].includes(one.error)),
  ).toEqual([]);
  const saved = outcomes.flatMap((one) => (one.outcome === "saved" ? [one] : []));
  expect(saved.length).toBeGreaterThan(outcomes.length / 20);
  expect(outcomes.length - saved.length).toBeGreaterThan(outcomes.length / 20);

  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    readFileSync(join(outputDir, "results.jsonl")),
  );
  const records = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
  expect(records).toHaveLength(outcomes.length);

  // Every file belongs to its line, and there are no other files.
  const names = saved.map(({ file }) => file ?? "");
  expect(new Set(names).size).toBe(names.length);
  const below = (path: string) =>
    readdirSync(path, { recursive: true, encoding: "utf8" }).filter(
      (file) => !lstatSync(join(path, file)).isDirectory(),
    );
  const own = ["results.jsonl", "failed.txt", "runs.jsonl"];
  expect(
    below(outputDir)
      .filter((file) => !file.startsWith(".bulkget/"))
      .sort(),
  ).toEqual([...names, ...own].sort());
  const outside = below(folder.path).filter((file) => !file.startsWith("a/b/c/out/"));
  expect(outside).toEqual(["list.txt"]);
}

it(`the library yields one outcome for each of ${LINES} mutated list lines (seed ${seed})`, async () => {
  const { list, path, outputDir } = prepared(LINES);
  const outcomes: Outcome[] = [];
  for await (const outcome of bulkget(path, { outputDir, proxy: proxy.origin, retries: 0, minFree: 0 })) {
    outcomes.push(outcome);
  }
  check(list, outcomes, outputDir);
}, 600_000);

it(`the command yields one outcome for each of ${LINES_OF_THE_COMMAND} mutated lines of standard input (seed ${seed})`, async () => {
  const { list, outputDir } = prepared(LINES_OF_THE_COMMAND);
  const line = `bulkget - -o "${outputDir}" -x ${proxy.origin} --retries 0 --report - <list.txt`;
  const { code, stdout, stderr } = await shell(line, { cwd: folder.path });
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  const outcomes = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
  check(list, outcomes, outputDir);
}, 300_000);
