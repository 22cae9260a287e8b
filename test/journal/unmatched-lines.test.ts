// Unmatched lines: found by their URL or file until they are matched, reserved or removed.

import { appendFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failed, saved, skipped } from "../core/outcomes.ts";
import { ownJournal } from "./journals.ts";

const journal = ownJournal();

const { read, reread, stored } = journal;

const urlOf = (n: number) => `https://example.org/${n}`;
const numbers = (history: ReturnType<typeof reread>) => {
  const found: number[] = [];
  history.eachUnmatched((n) => found.push(n));
  return found.sort((a, b) => a - b);
};

describe("unmatched lines", () => {
  it("are at first all recorded lines", () => {
    const history = read(stored(1), failed({ n: 2 }), skipped({ n: 3 }), stored(4));
    expect([history.unmatchedSaved, history.unmatched, numbers(history)]).toEqual([2, 4, [1, 2, 3, 4]]);
    history.markMatched(1);
    history.markMatched(2);
    history.remove(3);
    expect([history.unmatchedSaved, history.unmatched, numbers(history)]).toEqual([1, 1, [4]]);
  });

  it("can be reserved and released", () => {
    const history = read(stored(1), stored(2));
    history.reserve(1);
    expect([history.findSaved(urlOf(1)), history.unmatchedSaved]).toEqual([undefined, 1]);
    history.releaseReserved();
    expect([history.findSaved(urlOf(1)), history.unmatchedSaved]).toEqual([1, 2]);
  });

  it("are found by their URL, saved and failed ones separately", () => {
    const url = "https://example.org/same";
    stored(2);
    const history = read(
      failed({ n: 1, url, retryable: false }),
      saved({ n: 2, url, file: "2.txt", bytes: 2, sha256: "a".repeat(64) }),
      stored(3, url),
      failed({ n: 4, url }),
    );
    expect(history.findSaved(url, ({ sha256 }) => sha256 === undefined)).toBe(3);
    expect(history.findSaved(url, ({ n }) => n === 9)).toBeUndefined();
    const first = history.findFailure(url);
    expect([1, 4]).toContain(first);
    history.markMatched(Number(first));
    expect(history.findFailure(url)).toBe(first === 1 ? 4 : 1);
    expect(history.findFailure("https://example.org/other")).toBeUndefined();
  });

  it("are found by their file, named by number or otherwise", () => {
    const named = (n: number, file: string) => saved({ n, url: urlOf(n), file, bytes: 9 });
    const history = read(
      named(1, "000001.txt"),
      named(2, "x.txt"),
      named(3, "cats/one.txt"),
      failed({ n: 4, file: "kept.txt" }),
    );
    const owners = ["000001.txt", "x.txt", "cats/one.txt", "kept.txt", "000002.txt", "mine.txt"].map(history.ownerOf);
    expect(owners).toEqual([1, 2, 3, 4, undefined, undefined]);
    history.markMatched(1);
    history.markMatched(2);
    history.remove(3);
    expect(["000001.txt", "x.txt", "cats/one.txt"].map(history.ownerOf)).toEqual([undefined, undefined, undefined]);
  });
});

describe("a record in a history", () => {
  it("is deleted by a moved record, until its number has another one", () => {
    read(stored(1), stored(2), stored(3));
    const moved = (n: number) => `${JSON.stringify({ n, url: urlOf(n), outcome: "moved" })}\n`;
    appendFileSync(journal.path, `${[1, 2, 7].map(moved).join("")}${JSON.stringify(stored(2))}\n`);
    const history = reread();
    expect([1, 2, 3, 7].map((n) => history.state(n, urlOf(n)))).toEqual([undefined, "saved", "saved", undefined]);
    expect(history).toMatchObject({ recorded: 2, saved: 2 });
    expect(history.stale).toBeGreaterThan(0);
    expect(history.record(2)).toEqual(stored(2));
  });

  it("is named only if the list gave a name that is not a number", () => {
    const names = ["x.txt", "000002", "", "ü", "1e1", undefined];
    const history = read(...names.map((name, i) => ({ ...stored(i + 1), ...(name === undefined ? {} : { name }) })));
    expect(names.map((_, i) => history.isNamed(i + 1))).toEqual([true, false, true, true, true, false]);
  });
});
