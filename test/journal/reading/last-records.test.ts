// The last record of each line, read backwards, against reading the file forwards into a Map.
import { appendFileSync, closeSync, openSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JournalError } from "../../../src/core/errors.ts";
import type { Outcome } from "../../../src/core/job.ts";
import { serializeOutcome } from "../../../src/core/serialize-outcome.ts";
import { eachLastRecord } from "../../../src/journal/reading/last-records.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { own, ownFolder } from "../../support/own.ts";

const folder = ownFolder();

function read(text: string | Buffer, onRecord: (record: Outcome) => void = () => {}) {
  const path = folder.at("results.jsonl");
  writeFileSync(path, text);
  const fd = openSync(path, "r");
  own({ close: () => closeSync(fd) });
  const seen: Outcome[] = [];
  const last = eachLastRecord(fd, path, (record) => {
    seen.push(record);
    onRecord(record);
  });
  const again: Outcome[] = [];
  last.again((record) => again.push(record));
  return { ...last, seen, again };
}

const moved = (n: number) => `{"n":${n},"url":"http://a/","outcome":"moved"}\n`;
const twin = (n: number) => failed({ n, error: "duplicate_number", url: `http://twin/${n}` });

describe("the last records of a journal", () => {
  it("are those that a Map has after reading it forwards, whatever it holds", () => {
    const n = fc.nat(12);
    const line = fc.oneof(
      fc.tuple(n, fc.nat(5)).map(([n, total_ms]) => serializeOutcome(saved({ n, total_ms }))),
      n.map((n) => serializeOutcome(failed({ n }))),
      n.map((n) => moved(n)),
      n.map((n) => serializeOutcome(twin(n))),
      fc.constantFrom(
        "\n",
        "{}\n",
        "null\n",
        "[1]\n",
        '{"n":-1,"url":"x","outcome":"saved"}\n',
        '{"n":3,"url":"h',
        "x\n",
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.boolean(), (lines, endsTorn) => {
        const text = lines.map((one) => (one.endsWith("\n") ? one : `${one}\n`)).join("");
        const { seen, again, records, unreadable } = read(endsTorn ? `${text}{"n":7,"url":"http` : text);
        const expected = new Map<string, Outcome>();
        let bad = 0;
        for (const one of text.split("\n").slice(0, -1)) {
          const record = parsed(one);
          if (record === undefined) bad++;
          else if (record.outcome === "failed" && record.error === "duplicate_number") {
            expected.delete(record.url); // the last one of several
            expected.set(record.url, record);
          } else {
            expected.delete(String(record.n));
            if (String(record.outcome) !== "moved") expected.set(String(record.n), record);
          }
        }
        expect(again).toEqual([...expected.values()]);
        expect(seen).toEqual(again.toReversed());
        expect([records, unreadable]).toEqual([expected.size, bad]);
      }),
    );
  });

  it("of lines of any length and number are all read, over the bounds of reads", () => {
    const line = (n: number, chars: number) => serializeOutcome(saved({ n, etag: "é".repeat(chars) }));
    const sizes = [1, 500_000, 10, 1_500_000, 3, 524_288, 524_287, 524_289, 100];
    const many = Array.from({ length: 4000 }, (_, i) => line(i + 100, i % 400));
    const { again, unreadable } = read([...sizes.map((chars, n) => line(n, chars)), ...many].join(""));
    expect(again.map(({ n }) => n)).toEqual([...sizes.keys(), ...many.map((_, i) => i + 100)]);
    expect(again.slice(0, sizes.length).map((one) => ("etag" in one ? one.etag?.length : 0))).toEqual(sizes);
    expect(unreadable).toBe(0);
  });

  it("leave out a line of more than 16 MiB, and one that is not UTF-8", () => {
    const long = `{"n":5,"url":"${"x".repeat(40_000_000)}","outcome":"saved"}\n`;
    const latin1 = Buffer.from('{"n":6,"url":"http://\xe9/","outcome":"saved"}\n', "latin1");
    const good = (n: number) => Buffer.from(serializeOutcome(saved({ n })));
    const padded = Buffer.concat([good(4).subarray(0, -1), Buffer.alloc(40_000_000, " "), Buffer.from("\n")]);
    const { again, unreadable } = read(Buffer.concat([good(1), Buffer.from(long), padded, good(2), latin1, good(3)]));
    expect(again.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(unreadable).toBe(3);
  });

  it("have a last one without its line feed, and not one that is half written", () => {
    const [one, two] = [1, 2].map((n) => serializeOutcome(saved({ n })));
    expect(read(`${one}${two?.trimEnd()}`)).toMatchObject({ records: 2, unreadable: 0, again: [{ n: 1 }, { n: 2 }] });
    for (let length = 1; length < (two?.length ?? 0) - 1; length++)
      expect(read(`${one}${two?.slice(0, length)}`)).toMatchObject({ records: 1, unreadable: 0, again: [{ n: 1 }] });
    expect(read("")).toMatchObject({ records: 0, unreadable: 0 });
    expect(read("rubbish")).toMatchObject({ records: 0, unreadable: 1 });
  });

  it("are those of the time when it was opened, though a run goes on", () => {
    const one = serializeOutcome(saved({ n: 1 }));
    const { again } = read(`${one}{"n":2,`, () => {
      appendFileSync(folder.at("results.jsonl"), `"url":"http://a/","outcome":"saved"}\n${one}${one}`);
    });
    expect(again.map(({ n }) => n)).toEqual([1]);
    const whole = read(one.trimEnd(), () => appendFileSync(folder.at("results.jsonl"), "x\n"));
    expect(whole.again).toEqual(whole.seen);
  });

  it("are refused where the file becomes shorter, and where only a newer version knows an outcome", () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => serializeOutcome(saved({ n: i + 1 }))).join("");
    const cut = () => truncateSync(folder.at("results.jsonl"), 100);
    expect(() => read(lines, cut)).toThrow(JournalError);
    expect(() => read('{"n":1,"url":"http://a/","outcome":"dreamt"}\n')).toThrow(
      'results.jsonl: outcome "dreamt", which only a newer bulkget knows: use that version',
    );
  });
});

function parsed(line: string): Outcome | undefined {
  try {
    const value = JSON.parse(line) as Outcome | null;
    return value !== null && value.n >= 0 && typeof value.url === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
