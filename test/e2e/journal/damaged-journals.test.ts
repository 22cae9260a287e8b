// After random damage to results.jsonl, the next run keeps every saved body, loses no line, and leaves a valid journal.

import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BulkgetOptions, bulkget, type Outcome } from "../../../src/index.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { body, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const out = (...more: readonly string[]) => folder.at("out", ...more);

/** Paths with further columns, and the files that are saved for them. */
const LINES = ["/a", "/b.html\tsub/b", "/gone", "/{d}\t000040", "/e?x=%7B%22n%22", "/gone-2\tf.txt", "/g.bin", "/h"];
const FILES: Readonly<Record<string, string>> = {
  "000001.txt": "/a",
  "sub/b": "/b.html",
  "000040.txt": "/{d}",
  "000005.txt": "/e?x=%7B%22n%22",
  "000007.bin": "/g.bin",
  "000008.txt": "/h",
};
const PATHS = LINES.map((line) => (line.split("\t")[0] ?? "").replaceAll("{", "%7B").replaceAll("}", "%7D"));
const NUMBERS = [1, 2, 3, 40, 5, 6, 7, 8].sort((a, b) => a - b);

const RUNS = Number(process.env["DAMAGED_RUNS"] ?? 50);

/** Lines in a journal that no run has written. */
const OWN = ["# my notes", '{"id": 7}', "mine, too", '{"n":1,"url":"mine"}'];

async function run(options: BulkgetOptions = {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const all = { outputDir: out(), retries: 0, durability: "none", minFree: 0, ...options } as const;
  for await (const outcome of bulkget(folder.at("urls.txt"), all)) outcomes.push(outcome);
  return outcomes;
}

/** All files below the folder, with their content. */
function contents(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(out(), { recursive: true, encoding: "utf8" }).sort()) {
    if (lstatSync(out(name)).isFile() && name !== "runs.jsonl") found[name] = readFileSync(out(name), "latin1");
  }
  return found;
}

type Damage = readonly [name: string, at: number, more: number];

const place = (at: number, length: number) => Math.floor(at * length);
const lined = (text: string) => text.split(/(?<=\n)/);
const array = (text: string) => `[${text.trimEnd().split("\n").join(",\n")}]`;
const relaid = (text: string) =>
  text.replaceAll(/^\{.*\}$/gm, (line) => {
    try {
      return JSON.stringify(JSON.parse(line), undefined, 2);
    } catch {
      return line; // damaged earlier
    }
  });

/** Replaces one match of the pattern by the text of another match. */
function exchanged(text: string, pattern: RegExp, at: number, more: number): string {
  const found = text.match(pattern) ?? [];
  const [one, other] = [place(at, found.length), found[place(more, found.length)] ?? ""];
  let i = 0;
  return text.replace(pattern, (match) => (i++ === one ? other : match));
}

/** The kinds of damage, at a relative position in [0, 1). The text has one character per byte. */
const KINDS: Readonly<Record<string, (text: string, at: number, more: number) => string>> = {
  cut: (text, at) => text.slice(0, place(at, text.length)),
  "cut the last": (text, at) => text.slice(0, text.length - place(at, 300)),
  "cut the front": (text, at) => text.slice(place(at, text.length)),
  "delete a line": (text, at) =>
    lined(text)
      .toSpliced(place(at, lined(text).length), 1)
      .join(""),
  "delete lines": (text, at, more) =>
    lined(text)
      .filter((_, i) => (i * 7 + place(at, 9)) % 3 !== place(more, 3))
      .join(""),
  reverse: (text) => lined(`${text.trimEnd()}\n`).reverse().join(""),
  sort: (text) => lined(`${text.trimEnd()}\n`).sort().join(""),
  twice: (text) => text + text,
  "half again": (text, at) => text + text.slice(place(at, text.length)),
  glue: (text, at) =>
    text.slice(0, text.indexOf("\n", place(at, text.length))) +
    text.slice(text.indexOf("\n", place(at, text.length)) + 1),
  zeros: (text, at, more) =>
    text.slice(0, place(at, text.length)) +
    "\0".repeat(1 + place(more, 400)) +
    text.slice(place(at, text.length) + 1 + place(more, 400)),
  "zeros behind": (text, at) => text + "\0".repeat(place(at, 5000)),
  junk: (text, at, more) =>
    text.slice(0, place(at, text.length)) +
    ["}", "{", '"', "\\", "\n", "\n{", '{"n":', "]", "\x01", "}\n"][place(more, 10)] +
    text.slice(place(at, text.length)),
  own: (text, at, more) =>
    lined(text)
      .toSpliced(place(at, lined(text).length + 1), 0, `${OWN[place(more, OWN.length)]}\n`)
      .join(""),
  "own at the end": (text, _, more) => `${text.trimEnd()}\n${OWN[place(more, OWN.length)]}`,
  flip: (text, at, more) =>
    text.slice(0, place(at, text.length)) +
    String.fromCharCode(0x20 + place(more, 95)) +
    text.slice(place(at, text.length) + 1),
  "take another's number": (text, at, more) => exchanged(text, /"n":\d+/g, at, more),
  "take another's file": (text, at, more) => exchanged(text, /"file":"[^"]*"/g, at, more),
  "take another's URL": (text, at, more) => exchanged(text, /"url":"[^"]*"/g, at, more),
  crlf: (text) => text.replaceAll("\n", "\r\n"),
  blanks: (text) => text.replaceAll("\n", "\n \n\n"),
  mark: (text) => `\xef\xbb\xbf${text}`,
  relaid,
  array,
  spaced: (text) => text.replaceAll('":', '" : '),
  floats: (text) => text.replaceAll(/"n":(\d+)/g, '"n":$1.0'),
};
const asUtf16 = (text: string, isBig: boolean) => {
  const bytes = Buffer.from(`\ufeff${Buffer.from(text, "latin1").toString("utf8")}`, "utf16le");
  return isBig ? bytes.swap16() : bytes;
};

describe("a damaged journal", () => {
  const damage: fc.Arbitrary<Damage> = fc.tuple(
    fc.constantFrom(...Object.keys(KINDS)),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  );
  const encoding = fc.constantFrom("utf8", "utf8", "utf8", "utf16le", "utf16be");
  const besides = fc.subarray(["failed.txt", ".bulkget"]);

  it(
    "loses no body and no line, has one record per line after the next run, and foreign lines are kept",
    async () => {
      let down = false;
      const answers = new Map([
        ["/gone", status(404)],
        ["/gone-2", status(404)],
        ["/g.bin", body(Buffer.alloc(1_500_000, pageOf("/g.bin")))],
      ]);
      for (const path of PATHS) {
        const answer = answers.get(path) ?? body(pageOf(path), { "content-type": "text/plain" });
        server.answers.set(path, (request, response) => (down ? status(503) : answer)(request, response));
      }
      const urls = LINES.map((line) => `${server.url(line)}\n`).join("");
      writeFileSync(folder.at("urls.txt"), urls);
      await run();
      const whole = contents();
      const bodies = Object.fromEntries(Object.keys(FILES).map((name) => [name, whole[name]]));
      expect(Object.values(bodies)).not.toContain(undefined);
      let refused = 0;

      await fc.assert(
        fc.asyncProperty(
          fc.array(damage, { maxLength: 4 }),
          encoding,
          besides,
          fc.boolean(),
          fc.boolean(),
          async (damages, code, gone, again, isDown) => {
            rmSync(out(), { recursive: true });
            for (const [name, content] of Object.entries(whole)) {
              mkdirSync(out(name, ".."), { recursive: true });
              writeFileSync(out(name), content, "latin1");
            }
            mkdirSync(out(".bulkget"), { recursive: true });
            for (const name of gone) rmSync(out(name), { recursive: true, force: true });
            let text = whole["results.jsonl"] ?? "";
            for (const [kind, at, more] of damages) text = KINDS[kind]?.(text, at, more) ?? text;
            writeFileSync(
              out("results.jsonl"),
              code === "utf8" ? Buffer.from(text, "latin1") : asUtf16(text, code === "utf16be"),
            );
            const before = contents();
            const isTampered = damages.some(([kind]) => kind.startsWith("take") || kind === "flip" || kind === "junk");
            const hasOtherUrl = damages.some(([kind]) => ["take another's URL", "flip", "junk"].includes(kind));
            try {
              if (isDown) {
                down = true;
                await run();
                down = false;
                const left = contents();
                const all = new Set(Object.values(left));
                for (const [name, content = ""] of Object.entries(bodies)) {
                  // A file that a record assigns to another line is moved aside, and kept.
                  const isThere = isTampered ? all.has(content) : left[name] === content;
                  expect([name, isThere]).toEqual([name, true]);
                }
              }
              await run();
              // Where records have each other's files or numbers, a second run may be needed to assign them.
              for (let i = 0; i < (isTampered ? 2 : again ? 1 : 0); i++) await run({ retryFailed: true });
            } catch (error) {
              down = false;
              // No record is left in it, or its layout cannot be read.
              expect((error as Error).message).toMatch(/results\.jsonl: is no journal|failed\.txt: is there already/);
              expect(contents()).toEqual(before);
              refused++;
              return;
            }
            const after = contents();
            for (const [name, content] of Object.entries(bodies))
              expect([name, after[name] === content]).toEqual([name, true]);
            const records = (after["results.jsonl"] ?? "")
              .split("\n")
              .slice(0, -1)
              .map((line) => JSON.parse(line) as Outcome);
            expect(records.map(({ n }) => n).sort((a, b) => a - b)).toEqual(NUMBERS);
            for (const record of records) {
              // A record with another line's URL may need the name of that line's file, which exists.
              const isMistaken = hasOtherUrl && record.outcome === "failed" && record.error === "file_exists";
              const outcome = [3, 6].includes(record.n) ? "failed" : "saved";
              if (!isMistaken) expect([record.n, record.outcome]).toEqual([record.n, outcome]);
            }
            const known = ["results.jsonl", "failed.txt", "results.jsonl.foreign", ...Object.keys(FILES)];
            expect(
              Object.keys(after).filter((name) => !known.includes(name) && !(isTampered && name.startsWith("gone/"))),
            ).toEqual([]);
            expect(existsSync(out("failed.txt"))).toBe(true);
            const foreign = (after["results.jsonl.foreign"] ?? "").split("\n");
            const added = damages.filter(([kind]) => kind.startsWith("own"));
            if (damages.length === added.length)
              expect(foreign).toEqual(expect.arrayContaining(added.map(([, , more]) => OWN[place(more, OWN.length)])));
          },
        ),
        { numRuns: RUNS },
      );
      expect(refused).toBeLessThan(RUNS / 2);
    },
    RUNS * 1000,
  );

  it("that is cut at any byte of its last two records loses at most these", async () => {
    server.answers.set("/gone", status(404));
    writeFileSync(folder.at("urls.txt"), ["/a", "/b", "/gone"].map((path) => `${server.url(path)}\n`).join(""));
    for (const path of ["/a", "/b"])
      server.answers.set(path, body(pageOf(path), { etag: '"{}"', "content-type": "x/{y}" }));
    await run();
    const whole = readFileSync(out("results.jsonl"), "utf8");
    const from = whole.indexOf("\n") + 1;
    for (let end = from; end <= whole.length; end += 1) {
      writeFileSync(out("results.jsonl"), whole.slice(0, end));
      await run();
      const text = readFileSync(out("results.jsonl"), "utf8");
      const records = text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Outcome);
      expect(records.map(({ n, outcome }) => `${n} ${outcome}`).sort()).toEqual(["1 saved", "2 saved", "3 failed"]);
      for (const [name, path] of [
        ["000001", "/a"],
        ["000002", "/b"],
      ] as const)
        expect(readFileSync(out(name))).toEqual(pageOf(path));
      expect(readdirSync(out()).sort()).toEqual(["000001", "000002", "failed.txt", "results.jsonl", "runs.jsonl"]);
    }
  }, 120_000);
});
