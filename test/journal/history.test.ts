// The history read from a journal: the last record of each line, for a journal truncated anywhere.

import { deepStrictEqual, strictEqual } from "node:assert";
import { appendFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/job.ts";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { readHistory } from "../../src/journal/history.ts";
import { failed, saved, skipped } from "../core/outcomes.ts";
import { ownJournal } from "./journals.ts";

const journal = ownJournal();

const { folder, read, reread, stored } = journal;

const URL_A = "https://example.org/a";
const gone = saved({ n: 5, url: URL_A, file: "gone.txt", bytes: 3 });

describe("a history", () => {
  it("has each line's last record by number and URL", () => {
    const history = read(
      stored(1),
      failed({ n: 2, url: URL_A, retryable: false }),
      failed({ n: 3, url: URL_A }),
      gone,
      failed({ n: 4 }),
      stored(4),
    );
    const states = [1, 2, 3, 4, 5, 6].map((n) =>
      history.state(n, n === 1 || n === 4 ? `https://example.org/${n}` : URL_A),
    );
    expect(states).toEqual(["saved", "failed", "open", "saved", "open", undefined]);
    expect(history.state(1, "https://example.org/2")).toBe("other");
    expect(history).toMatchObject({
      saved: 2,
      failedForGood: 1,
      open: 2,
      recorded: 5,
      failures: 2,
      stale: 1,
      unmatchedSaved: 2,
    });
    expect(history.notes).toEqual(["1 file missing or of another size: fetched again"]);
    expect(history.record(3)).toEqual(failed({ n: 3, url: URL_A }));
    expect(history.record(4)).toEqual(stored(4));
    expect(history.record(6)).toBeUndefined();
  });

  it("is empty for an empty journal; reading a missing one throws", () => {
    expect(read()).toMatchObject({ saved: 0, failedForGood: 0, open: 0, bytes: 0, notes: [], stale: 0, recorded: 0 });
    rmSync(journal.path);
    expect(reread).toThrow("ENOENT");
  });

  it("equals a simple model for a journal truncated anywhere", () => {
    const names = ["a", "ü", 'q"', "😀\\"];
    const numbers = [1, 2, 70, 999_999_999_999_999];
    const one = fc.record({
      n: fc.constantFrom(...numbers),
      url: fc.constantFrom(...names).map((name) => `https://example.org/${name}`),
      kind: fc.constantFrom("here", "gone", "passing", "failed"),
    });
    for (const n of numbers) writeFileSync(folder.at(`here-${n}.txt`), "here");
    const outcomeOf = ({ n, url, kind }: { n: number; url: string; kind: string }): Outcome =>
      kind === "here" || kind === "gone"
        ? saved({ n, url, file: `${kind}-${n}.txt`, bytes: 4 })
        : failed({ n, url, retryable: kind === "passing" });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (events) => {
        const records = events.map((event) => Buffer.from(serializeOutcome(outcomeOf(event))));
        const whole = Buffer.concat(records);
        writeFileSync(journal.path, whole);
        for (let cut = whole.length; cut >= 0; cut--) {
          // All cuts at the ends of records, and one of five between them: parse-record.test.ts has each cut of a record.
          if (!/[}\n]/.test(whole.toString("latin1", cut - 2, cut + 2)) && cut % 5 !== 0) continue;
          truncateSync(journal.path, cut);
          let end = 0;
          const model = new Map<number, (typeof events)[number]>();
          for (const [i, event] of events.entries()) {
            const length = records[i]?.length ?? 0;
            if (end + length - 1 > cut) break; // only the line feed may be lacking
            end = Math.min(cut, end + length);
            model.set(event.n, event);
          }
          const history = readHistory(folder.path, journal.path);
          const isTorn = history.notes.some((note) => note.includes("torn"));
          deepStrictEqual([history.bytes, isTorn, history.recorded], [end, end < cut, model.size]);
          for (const { n, url } of events) {
            const last = model.get(n);
            const words = { here: "saved", gone: "open", passing: "open", failed: "failed" };
            const state = last === undefined ? undefined : words[last.kind as keyof typeof words];
            strictEqual(history.state(n, url), last === undefined || last.url === url ? state : "other");
            if (cut % 50 === 0) expect(history.record(n)).toEqual(last === undefined ? undefined : outcomeOf(last));
          }
          history.close();
        }
      }),
      { numRuns: 12 },
    );
  });

  it.each(["000002.txt", "000/000002.txt"])(
    "assigns the file %s of several records to the line with its number",
    (file) => {
      const history = read(...[1, 2, 3].map((n) => saved({ n, url: `https://example.org/${n}`, file, bytes: 3 })));
      expect([1, 2, 3].map((n) => history.record(n)?.file)).toEqual([undefined, file, undefined]);
    },
  );

  it("assigns a file of several records to the line recorded last", () => {
    const record = (n: number) => saved({ n, url: `https://example.org/${n}`, file: "x.txt", bytes: 3 });
    const history = read(...[1, 3, 2].map(record));
    expect([1, 2, 3].map((n) => history.record(n)?.file)).toEqual([undefined, "x.txt", undefined]);
  });

  it("has the records of dense and sparse line numbers", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.oneof(
            fc.nat(2000),
            fc.maxSafeNat().map((n) => n % 1e15),
          ),
          { maxLength: 200 },
        ),
        (numbers) => {
          const history = read(...numbers.map((n) => failed({ n, url: `https://example.org/${n}` })));
          for (const n of numbers) {
            strictEqual(history.state(n, `https://example.org/${n}`), "open");
            strictEqual(history.record(n)?.n, n);
            if (!numbers.includes(n + 1)) strictEqual(history.state(n + 1, "https://example.org/"), undefined);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("has all of several short records in one unit of the journal", () => {
    const short = (n: number, url: string) => `{"n":${n},"url":"${url}","outcome":"failed"}\n`;
    const history = read(...Array.from({ length: 200 }, (_, i) => short(i % 7, `x${i}`)));
    for (let n = 0; n < 7; n++) expect(history.record(n)?.url).toBe(`x${199 - ((199 - n) % 7)}`);
  });

  it("has the last of two short records of one number", () => {
    writeFileSync(folder.at("b"), "12");
    const short = (file: string) => `{"n":1,"url":"u","outcome":"saved","file":"${file}","bytes":2}\n`;
    expect(read(short("a"), short("b")).state(1, "u")).toBe("saved");
    expect(read(short("b"), short("a")).state(1, "u")).toBe("open");
  });

  it("distinguishes skipped lines from failed ones, both read and added", () => {
    const history = read(
      '{"n":1,"url":"u","outcome":"skipped","reason":"robots"}\n',
      skipped({ n: 2 }),
      failed({ n: 3 }),
    );
    history.add(skipped({ n: 4 }), history.bytes);
    expect([1, 2, 3, 4].map((n) => history.state(n, n === 1 ? "u" : skipped().url))).toEqual([
      "skipped",
      "skipped",
      "open",
      "skipped",
    ]);
    expect(history).toMatchObject({ saved: 0, failedForGood: 0, open: 1, recorded: 4, failures: 1, unmatchedSaved: 0 });
    expect(history.findSaved("u")).toBeUndefined();
  });
});

describe("a history during a run", () => {
  it("has an added record instead of the earlier one, and reads it from where it was written", () => {
    const history = read(stored(1), failed({ n: 2 }), gone);
    const outcome = saved({ n: 2, url: "https://example.org/ü", file: "2.txt" });
    history.add(outcome, history.bytes);
    expect(history.state(2, outcome.url)).toBe("saved");
    expect(history.record(2)).toBeUndefined(); // not written yet
    appendFileSync(journal.path, serializeOutcome(outcome));
    expect(history.record(2)).toEqual(outcome);
    history.add(failed({ n: 3, retryable: false }), 10_000);
    history.add(failed({ n: 4 }), 11_000);
    expect([3, 4].map((n) => history.state(n, failed().url))).toEqual(["failed", "open"]);
    expect(history).toMatchObject({ recorded: 5, failures: 2, stale: 1, saved: 1, open: 2 });
  });

  it("has no file of an earlier record any more that a record of this run names", () => {
    const history = read(gone, stored(7), stored(8));
    expect(history.record(5)).toEqual(gone);
    let offset = history.bytes;
    const taken = saved({ n: 6, url: "https://example.org/6", file: "gone.txt", name: "gone.txt" });
    for (const outcome of [taken, failed({ n: 8, file: stored(7).file ?? "" })]) {
      appendFileSync(journal.path, serializeOutcome(outcome));
      history.add(outcome, offset);
      offset += Buffer.byteLength(serializeOutcome(outcome));
    }
    const { file: _, ...rest } = gone;
    expect(history.record(5)).toEqual(rest);
    expect(history.record(6)).toEqual(taken);
    expect(history.record(7)).toEqual(stored(7));
  });

  it("has no record of a removed line, and does not find its URL", () => {
    const history = read(stored(1), stored(2));
    history.remove(1);
    history.remove(1);
    history.remove(12_345);
    expect(history.state(1, "https://example.org/1")).toBeUndefined();
    expect(history.record(1)).toBeUndefined();
    expect(history.findSaved("https://example.org/1")).toBeUndefined();
    expect(history).toMatchObject({ recorded: 1, stale: 1, unmatchedSaved: 1 });
  });

  it("counts saved lines that are not in the list", () => {
    const history = read(stored(1), stored(2), stored(3), gone, failed({ n: 6 }));
    for (const n of [1, 1, 5, 6, 7, 1e14]) history.markMatched(n);
    expect(history.unmatchedSaved).toBe(2);
    history.add(stored(2), 0);
    expect(history.unmatchedSaved).toBe(1);
    history.remove(3);
    expect(history.unmatchedSaved).toBe(0);
    expect(history.state(1, "https://example.org/1")).toBe("saved");
  });

  it("finds a URL only in saved, unmatched lines of earlier runs", () => {
    const urls = Array.from({ length: 1100 }, (_, i) => `https://example.org/${i % 2 === 0 ? "ü" : "x"}/${i}`);
    const history = read(...urls.map((url, i) => stored(1_000_000_000 * i, url, 1)), gone, failed({ n: 3, url: "u" }));
    for (const [i, url] of urls.entries()) expect(history.findSaved(url)).toBe(1_000_000_000 * i);
    expect(history.findSaved(URL_A)).toBeUndefined();
    expect(history.findSaved("u")).toBeUndefined();
    history.markMatched(0);
    history.remove(1_000_000_000);
    history.add(saved({ n: 2_000_000_000, url: "v" }), 0);
    expect(urls.slice(0, 4).map((url) => history.findSaved(url))).toEqual([
      undefined,
      undefined,
      undefined,
      3_000_000_000,
    ]);
    expect(history.findSaved("v")).toBeUndefined();
  });
});
