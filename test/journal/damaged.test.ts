// Damaged journals: every loss is reported, every other record is kept; files that are not journals are refused.

import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { JournalError } from "../../src/core/errors.ts";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { failed, TIME } from "../core/outcomes.ts";
import { ownJournal } from "./journals.ts";

const journal = ownJournal();

const { folder, read, reread, stored } = journal;

describe("a damaged journal", () => {
  it("loses only unreadable lines, and a note has their number and the first one's place", () => {
    const half = serializeOutcome(stored(2)).slice(0, 90);
    const history = read(
      stored(1),
      "\n",
      "no json\n",
      `${half}\0\0\0\0\n`,
      `${half}${serializeOutcome(stored(3))}`,
      '{"n":7}\n',
      stored(4),
    );
    expect(history).toMatchObject({ saved: 2, open: 0, stale: 5 });
    expect(history.notes).toEqual(["5 unreadable records left out, the first at line 2"]);
    expect([1, 2, 3, 4].map((n) => history.state(n, `https://example.org/${n}`))).toEqual([
      "saved",
      undefined,
      undefined,
      "saved",
    ]);
  });

  it("with NUL bytes at its end is truncated before them", () => {
    const one = serializeOutcome(stored(1));
    const history = read(one, "\0".repeat(5000));
    expect(history).toMatchObject({ saved: 1, bytes: one.length, stale: 0 });
    expect(history.notes).toEqual(["a torn last record dropped: 5,000 bytes"]);
  });

  it("with an over-long line keeps the records after it", () => {
    const long = failed({ n: 2, detail: "y".repeat(3_000_000) });
    const history = read(stored(1), long, `${"x".repeat(40_000_000)}\n`, stored(3));
    expect(history).toMatchObject({ saved: 2, open: 1, stale: 1 });
    expect(history.notes).toEqual(["1 unreadable record left out, the first at line 3"]);
    expect(history.record(3)).toEqual(stored(3));
    expect(history.record(2)).toEqual(long);
    const before = readFileSync(journal.path).length;
    appendFileSync(journal.path, "z".repeat(40_000_000));
    expect(reread()).toMatchObject({ saved: 2, bytes: before });
  });

  it("with an over-long line has no record at the end of that line", () => {
    const hidden = serializeOutcome(stored(2));
    expect(read(stored(1), "x".repeat(16_777_216), hidden).state(2, "https://example.org/2")).toBeUndefined();
  });

  it("may have records with invalid fields, which are dropped, except number, URL and outcome", () => {
    const odd = '{"n":1,"url":"u","outcome":"saved","file":7,"bytes":"1","etag":null,"name":{}}\n';
    const history = read(odd);
    expect(history.state(1, "u")).toBe("open");
    expect(history.record(1)).toEqual({ n: 1, url: "u", outcome: "saved" });
  });

  it("is not changed by reading: the appending writer truncates it", () => {
    const text = `${serializeOutcome(stored(1))}{"n":2`;
    read(text);
    expect(readFileSync(journal.path, "utf8")).toBe(text);
  });
});

describe("a journal that cannot be resumed from", () => {
  it("is refused with place and next step if a newer version wrote it", () => {
    const newer = `{"n":2,"url":"u","outcome":"frozen","time":"${TIME}"}`;
    for (const end of ["\n", ""]) {
      expect(() => read(stored(1), newer + end)).toThrow(JournalError);
      expect(() => read(stored(1), newer + end)).toThrow(
        `${journal.path}:2: outcome "frozen", which only a newer bulkget knows: take that version, or use another folder (\`outputDir\`), or \`force\` to start over`,
      );
    }
  });

  it("is refused without reading if it is a link or a folder", () => {
    const target = folder.at("target");
    writeFileSync(target, serializeOutcome(failed()));
    symlinkSync(target, journal.path);
    expect(reread).toThrow(`${journal.path}: is a link`);
    rmSync(journal.path);
    mkdirSync(journal.path);
    expect(reread).toThrow(`${journal.path}: is no file`);
  });
});
