// Recovery of records from journals changed by editors, jq, PowerShell or power losses.

import { closeSync, openSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { serializeOutcome } from "../../../src/core/serialize-outcome.ts";
import { recoverPieces } from "../../../src/journal/reading/recover-records.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

/** The pieces recovered from a journal of these bytes: records parsed, other pieces as text. */
function read(bytes: Buffer | string) {
  writeFileSync(folder.at("results.jsonl"), bytes);
  const fd = openSync(folder.at("results.jsonl"), "r");
  const found = { records: [] as Outcome[], others: 0, torn: [] as string[], foreign: [] as string[] };
  try {
    for (const { kind, bytes } of recoverPieces(fd)) {
      if (kind === "between") continue;
      if (kind === "torn" || kind === "foreign") found[kind].push(bytes.toString("utf8"));
      else found.records.push(JSON.parse(bytes.toString("utf8")) as Outcome);
      if (kind === "other") found.others++;
    }
  } finally {
    closeSync(fd);
  }
  return found;
}

const OUTCOMES: readonly Outcome[] = [
  saved({ n: 1, file: "1.txt", etag: '"{a}"', type: "text/html; charset=ü" }),
  failed({ n: 2, detail: 'a { "brace\\ and } [1,2]', retried_after: ["x: {", "y: }"] }),
  saved({ n: 3, url: "https://example.org/日本?a={b}", file: "sub/é.txt" }),
];
const LINES = OUTCOMES.map(serializeOutcome).join("");
const PRETTY = OUTCOMES.map((one) => `${JSON.stringify(one, undefined, 2)}\n`).join("");
const ALL = { records: OUTCOMES, torn: [], foreign: [] };

const utf16 = (text: string, isBig = false) =>
  isBig ? Buffer.from(text, "utf16le").swap16() : Buffer.from(text, "utf16le");

describe("the records of a journal", () => {
  it.each([
    ["as a run writes them", LINES],
    ["without the last line feed", LINES.trimEnd()],
    ["with CRLF", LINES.replaceAll("\n", "\r\n")],
    ["with blank lines and a byte order mark", `\ufeff\n${LINES.replaceAll("\n", "\n\n  \n")}`],
    [
      "of two files, each with a mark",
      `\ufeff${serializeOutcome(OUTCOMES[0] ?? saved())}\ufeff${OUTCOMES.slice(1).map(serializeOutcome).join("")}`,
    ],
    ["laid out by jq .", PRETTY],
    ["laid out with tabs and CRLF", PRETTY.replaceAll("  ", "\t").replaceAll("\n", "\r\n")],
    ["in one array, laid out by jq -s", JSON.stringify(OUTCOMES, undefined, 2)],
    ["in one array on one line", JSON.stringify(OUTCOMES)],
    ["all on one line", LINES.replaceAll("\n", "")],
    ["with record separators", LINES.replaceAll(/^/gm, "\x1e").slice(0, -1)],
    ["with blanks between all parts", LINES.replaceAll('":', '" : ').replaceAll(',"', ' , "')],
    ["in UTF-16 with a mark", utf16(`\ufeff${LINES}`)],
    ["in UTF-16 without one", utf16(LINES)],
    ["in UTF-16, the high byte first", utf16(`\ufeff${LINES}`, true)],
    ["in UTF-16, the high byte first, without a mark", utf16(LINES, true)],
    ["laid out by jq in PowerShell", utf16(`\ufeff${PRETTY.replaceAll("\n", "\r\n")}`)],
    ["with zeros between them", LINES.replaceAll("\n", `\n${"\0".repeat(5000)}\n`)],
  ])("are found %s", (_, bytes) => {
    expect(read(bytes)).toMatchObject(ALL);
  });

  it("are found in a file longer than one read, in every layout", () => {
    const many = Array.from({ length: 12_000 }, (_, i) => saved({ n: i + 1, url: `https://example.org/ü/${i}` }));
    const pretty = many.map((one) => `${JSON.stringify(one, undefined, 2)}\n`).join("");
    expect(pretty.length).toBeGreaterThan(2_000_000); // of 1 MiB at a time
    expect(read(pretty).records).toEqual(many);
    expect(read(utf16(`\ufeff${pretty}`)).records).toEqual(many);
    expect(read(many.map(serializeOutcome).join(""))).toMatchObject({ records: many, others: 0 });
  });

  it("are found, with equal content, in any form that JSON allows", () => {
    const odd =
      '{"outcome":"failed","n":42.0,"url":"https:\\/\\/example.org\\/\\u00fc","error":"http_status","x":{"y":[1]}}\n';
    expect(read(odd).records).toMatchObject([{ n: 42, url: "https://example.org/ü", outcome: "failed" }]);
  });

  it("are found after a torn record on the same line", () => {
    const half = serializeOutcome(OUTCOMES[1] ?? failed()).slice(0, 60);
    expect(read(`${half}${LINES}`)).toMatchObject({ records: OUTCOMES, torn: [half], foreign: [] });
    expect(read(`${half}\0\0\0${LINES}`)).toMatchObject({ records: OUTCOMES, torn: [`${half}\0\0\0`], foreign: [] });
  });
});

describe("bytes of a journal that are not a record", () => {
  it("are returned unchanged except for whitespace", () => {
    const own = ["my notes", '{"a": 1}', "[1, 2]", "}", '"', '{"n":1,"url":"mine"}', "12 }{ 3", "é\u202e"];
    const mixed = own.map((text, i) => `${text}\n${i % 2 === 0 ? LINES : PRETTY}`).join("");
    const { records, torn, foreign } = read(mixed);
    expect(records).toEqual(own.flatMap(() => OUTCOMES));
    expect([torn, foreign]).toEqual([[], own]);
  });

  it("are torn only if a record begins like them and they are not JSON", () => {
    const record = LINES.slice(0, LINES.indexOf("\n"));
    for (let end = 1; end < record.length; end++)
      expect(read(`${record.slice(0, end)}\n${LINES}`)).toMatchObject({
        records: OUTCOMES,
        torn: [record.slice(0, end)],
        foreign: [],
      });
    expect(read('{"n":"x","url"\n{"name":\n{"n":1,"url":"u"}\n')).toMatchObject({
      torn: [],
      foreign: ['{"n":"x","url"', '{"name":', '{"n":1,"url":"u"}'],
    });
  });

  it("cause no loss of a record around them, wherever they are between lines", () => {
    const junk = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\n1 \n\r\0') }),
    );
    const layout = fc.constantFrom(LINES, PRETTY, LINES.replaceAll("\n", "\r\n"), `\ufeff${LINES}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(junk, layout), { minLength: 1, maxLength: 4 }), (parts) => {
        const { records } = read(parts.map(([text, good]) => `${text}\n${good}`).join(""));
        const found = records.filter(({ n }) => n <= 3).map(({ n }) => n);
        expect(found).toEqual(parts.flatMap(() => [1, 2, 3]));
      }),
      { numRuns: 500 },
    );
  });

  it("are returned completely if they are longer than any record", () => {
    const long = "x".repeat(40_000_000);
    const { records, foreign } = read(`${LINES}${long}\n${LINES}{"a":"${long}`);
    expect(records).toEqual([...OUTCOMES, ...OUTCOMES]);
    expect(foreign.join("").length).toBe(2 * long.length + 6);
  });
});
