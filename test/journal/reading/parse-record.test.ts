// Parsing of one record, by the fast parser and by JSON.parse, and the hash of its URL.

import { strictEqual } from "node:assert";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Saved } from "../../../src/core/job.ts";
import { serializeOutcome } from "../../../src/core/serialize-outcome.ts";
import { parseQuickly, parseRecord, parseSlowly, urlHash } from "../../../src/journal/reading/parse-record.ts";
import { failed, saved } from "../../core/outcomes.ts";

describe("a line of the journal", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.webUrl());
  const number = fc.oneof(fc.nat(), fc.constantFrom(0, 1e15 - 1, 1e15, 0.5, 1.25, -1));
  const outcomes = fc.oneof(
    fc
      .record({ n: number, url: text, file: text, bytes: number, etag: text, total_ms: number })
      .map((over) => saved(over)),
    fc
      .record({ n: number, url: text, detail: text, retryable: fc.boolean(), retried_after: fc.array(text) })
      .map((over) => failed(over)),
  );

  it("is parsed equally by the fast parser and by JSON.parse, for any record", () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        const line = Buffer.from(serializeOutcome(outcome));
        const slow = parseSlowly(line, 0, line.length - 1);
        expect(parseQuickly(line, 0, line.length - 1) ?? slow).toEqual(slow);
        expect(slow === undefined).toBe(
          !Number.isInteger(outcome.n) || outcome.n < 0 || outcome.n > 999_999_999_999_999,
        );
        if (slow !== undefined) expect(slow).toMatchObject({ n: outcome.n, hash: urlHash(outcome.url) });
      }),
      { numRuns: 1000 },
    );
  });

  it("is parsed equally by both parsers after a byte is changed, removed or added", () => {
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.string({ maxLength: 2, unit: "binary-ascii" }),
    });
    const some = [saved({ file: "1.txt" }), failed({ retried_after: ["a: b", "c"], total_ms: 1.5 })];
    fc.assert(
      fc.property(fc.constantFrom(...some), edit, (outcome, { at, remove, insert }) => {
        const record = serializeOutcome(outcome).trimEnd();
        const place = at % record.length;
        const line = Buffer.from(`${record.slice(0, place)}${insert}${record.slice(place + remove)}\n`);
        const quick = parseQuickly(line, 0, line.length - 1);
        if (quick !== undefined) expect(quick).toEqual(parseSlowly(line, 0, line.length - 1));
      }),
      { numRuns: 5000 },
    );
  });

  it("is a record only if it is complete, for a cut anywhere and any braces and quotes in its headers", () => {
    const odd = fc.string({ unit: fc.constantFrom("{", "}", '"', "\\", ",", ":", "a", "]", "1") });
    const headers = fc.record({ etag: odd, type: odd, final_url: odd });
    fc.assert(
      fc.property(headers, (over) => {
        const line = Buffer.from(serializeOutcome(asWritten(over)));
        for (let end = 1; end < line.length; end++) {
          const slow = parseSlowly(line, 0, end);
          expect(parseRecord(line, 0, end)).toEqual(slow);
          expect(slow === undefined).toBe(end < line.length - 1);
        }
      }),
      { numRuns: 50, examples: [[{ etag: '"{a}', type: "}", final_url: 'x"}' }]] },
    );
  });

  it("is parsed equally by both parsers with NUL or other bytes anywhere, as after a power loss", () => {
    const record = serializeOutcome(asWritten({ etag: '"abc"', type: "text/html" })).trimEnd();
    fc.assert(
      fc.property(fc.nat(record.length - 2), fc.constantFrom("\0", "\0\0\0", "\x01", '"', "\n"), (at, junk) => {
        const line = Buffer.from(`${record.slice(0, at + 1)}${junk}${record.slice(at + 1 + junk.length)}`);
        expect(parseRecord(line, 0, line.length)).toEqual(parseSlowly(line, 0, line.length));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    "1.",
    "01",
    ".5",
    "-",
    "1e",
    "tru",
    "falsee",
    '["a",]',
    '["a"',
    '"a" "b"',
    "1,",
    "1}",
    '"\\x"',
    "{",
    "",
    "nul",
  ])("is not a record with %s as a value", (value) => {
    const line = Buffer.from(`{"n":1,"x":${value},"url":"u","outcome":"saved"}\n`);
    expect(parseRecord(line, 0, line.length - 1)).toBeUndefined();
    const last = Buffer.from(`{"n":1,"url":"u","outcome":"saved","x":${value}}\n`);
    expect(parseRecord(last, 0, last.length - 1)).toBeUndefined();
  });

  it("in the usual form is parsed by the fast parser, with the key order of any version", () => {
    const { n, url, outcome, status, bytes, ...rest } = saved({ etag: "abc", type: "text/html" });
    const file = "000001.html";
    for (const record of [
      { n, url, outcome, file, status, bytes, ...rest },
      { ...rest, bytes, status, file, outcome, url, n },
      failed({ retried_after: ["truncated: 3 of 5 bytes"], wait_ms: 0.5 }),
      failed({ retryable: false, retried_after: [] }),
    ]) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      const isQuick = !JSON.stringify(record).includes("[]");
      expect(parseQuickly(line, 0, line.length - 1) !== undefined).toBe(isQuick);
      expect(parseRecord(line, 0, line.length - 1)).toEqual(parseSlowly(line, 0, line.length - 1));
    }
  });
});

/** A saved outcome with its keys in the order of a record: the file before its length. */
function asWritten(over: Partial<Saved>): Saved {
  const { n, url, outcome, ...rest } = saved(over);
  return { n, url, outcome, file: "1.txt", ...rest };
}

describe("the hash of a URL", () => {
  it("differs for different URLs, nearly always, and uses all of its 30 bits", () => {
    const hashes = new Set<number>();
    const buckets = new Uint32Array(1024);
    const count = 100_000;
    for (let i = 0; i < count; i++) {
      const hash = urlHash(`https://example.org/images/${i}.jpg`);
      strictEqual(hash >>> 30, 0);
      hashes.add(hash);
      buckets[hash & 1023] = (buckets[hash & 1023] ?? 0) + 1;
      buckets[hash >>> 20] = (buckets[hash >>> 20] ?? 0) + 1;
    }
    // The expected number of collisions is 4.7; the probability of 20 or more is 1e-7.
    expect(count - hashes.size).toBeLessThan(20);
    expect(Math.max(...buckets)).toBeLessThan(300);
    expect(Math.min(...buckets)).toBeGreaterThan(110);
  });
});
