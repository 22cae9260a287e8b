// The check of a record's exact URL, for records anywhere in the journal and in any JSON form.

import { strictEqual } from "node:assert";
import { closeSync, openSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { escapedUrl } from "../../src/core/text/escape.ts";
import { recordedUrls } from "../../src/journal/recorded-url.ts";
import { unitOf } from "../../src/journal/tables/line-table.ts";
import { failed, saved } from "../core/outcomes.ts";
import { own, ownFolder } from "../support/own.ts";

const folder = ownFolder();

it("a recorded URL is confirmed only by the last record of its number in the unit, and only for exactly that URL", () => {
  const url = fc.oneof(
    fc.constantFrom("a", "ab", 'a","x":"b', "a\\", "Ã©", "é", "é\ud800", "http://h/", "http://h/?"),
    fc.webUrl(),
    fc.nat(5000).map((length) => `http://h/${"x".repeat(length)}`),
  );
  const record = fc.record({ n: fc.constantFrom(1, 2, 12, 999_999_999_999_999), url, isShort: fc.boolean() });
  const path = folder.at("results.jsonl");
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 40, size: "max" }), (records) => {
      const lines = records.map(({ n, url, isShort }) =>
        isShort ? `${JSON.stringify({ n, url, outcome: "failed" })}\n` : serializeOutcome(failed({ n, url })),
      );
      writeFileSync(path, lines.join(""));
      const last = new Map<string, { unit: number; n: number; url: string }>();
      let offset = 0;
      for (const [i, { n, url }] of records.entries()) {
        last.set(`${unitOf(offset)} ${n}`, { unit: unitOf(offset), n, url: url });
        offset += Buffer.byteLength(lines[i] ?? "");
      }
      const fd = openSync(path, "r");
      try {
        const { has: hasUrl } = recordedUrls(fd, offset);
        const urls = [...new Set(records.map((one) => one.url))];
        for (const [i, one] of [...last.values()].entries()) {
          const others = Array.from({ length: 8 }, (_, more) => urls[(i + more) % urls.length] ?? one.url);
          for (const other of [one.url, ...others])
            strictEqual(hasUrl(one.unit, one.n, escapedUrl(other)), other === one.url, other);
          strictEqual(hasUrl(one.unit, 3, one.url), one.unit >= unitOf(offset));
        }
      } finally {
        closeSync(fd);
      }
    }),
    { numRuns: 200 },
  );
});

it("a recorded URL is checked in records appended meanwhile, and assumed for records not written yet", () => {
  const path = folder.at("results.jsonl");
  const lines = Array.from({ length: 100 }, (_, n) => serializeOutcome(failed({ n, url: `http://h/${n}` })));
  const before = lines.slice(0, 50).join("");
  writeFileSync(path, before);
  const fd = openSync(path, "r");
  own({ close: () => closeSync(fd) });
  const { has: hasUrl } = recordedUrls(fd, before.length);
  const offsets = lines.map((_, i) => lines.slice(0, i).join("").length);
  const ask = (url: (n: number) => string) => offsets.map((offset, n) => hasUrl(unitOf(offset), n, url(n)));
  expect(ask((n) => `http://h/${n}`)).toEqual(lines.map(() => true));
  expect(ask((n) => `http://h/${n}x`).slice(0, 50)).toEqual(lines.slice(0, 50).map(() => false));
  writeFileSync(path, lines.join(""));
  expect(ask((n) => `http://h/${n}`)).toEqual(lines.map(() => true));
  expect(ask((n) => `http://h/${n}x`)).toEqual(lines.map(() => false));
});

it("a recorded file is confirmed only by a record in the form that a run writes, alone in its unit", () => {
  const path = folder.at("results.jsonl");
  const { n: _n, url: _url, outcome: _outcome, file: _file, ...rest } = saved({});
  const lineOf = (n: number, url: string, file: string) =>
    `${JSON.stringify({ n, url, outcome: "saved", file, ...rest })}\n`;
  const late = `${JSON.stringify({ n: 2, url: "http://h/2", outcome: "saved", ...rest, file: "two.txt" })}\n`;
  const lines = [
    lineOf(1, "http://h/1", "cats/one.txt"),
    late,
    serializeOutcome(failed({ n: 3, url: "http://h/3", file: "three.txt" })),
  ];
  writeFileSync(path, lines.join(""));
  const fd = openSync(path, "r");
  own({ close: () => closeSync(fd) });
  const { hasFile } = recordedUrls(fd, lines.join("").length);
  const unitOfLine = (i: number) => unitOf(lines.slice(0, i).join("").length);
  expect(hasFile(unitOfLine(0), 1, "http://h/1", "cats/one.txt")).toBe(true);
  for (const other of ["cats/one.tx", "cats/one.txt2", "two.txt"])
    expect(hasFile(unitOfLine(0), 1, "http://h/1", other)).toBe(false);
  expect(hasFile(unitOfLine(0), 1, "http://h/2", "cats/one.txt")).toBe(false);
  expect(hasFile(unitOfLine(1), 2, "http://h/2", "two.txt")).toBe(false);
  expect(hasFile(unitOfLine(2), 3, "http://h/3", "three.txt")).toBe(false);
});
