// Journals that are damaged, or cannot be gone on with: what is lost is said, and nothing else is.

import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { JournalError } from "../../src/core/errors.ts";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { failed, TIME } from "../core/outcomes.ts";
import { ownJournal } from "./journals.ts";

const journal = ownJournal();

const { folder, read, reread, stored } = journal;

describe("a journal that is damaged", () => {
  it("loses what cannot be read, and says how much and where", () => {
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

  it("by zeros at its end is cut off before them", () => {
    const one = serializeOutcome(stored(1));
    const history = read(one, "\0".repeat(5000));
    expect(history).toMatchObject({ saved: 1, bytes: one.length, stale: 0 });
    expect(history.notes).toEqual(["a torn last record dropped: 5,000 bytes"]);
  });

  it("by a line longer than any record keeps what follows it", () => {
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

  it("by a line longer than any record has no record at that line's end", () => {
    const hidden = serializeOutcome(stored(2));
    expect(read(stored(1), "x".repeat(16_777_216), hidden).state(2, "https://example.org/2")).toBeUndefined();
  });

  it("holds records of which nothing but the number, the URL and the outcome can be relied on", () => {
    const odd = '{"n":1,"url":"u","outcome":"saved","file":7,"bytes":"1","etag":null,"name":{}}\n';
    const history = read(odd);
    expect(history.state(1, "u")).toBe("open");
    expect(history.record(1)).toEqual({ n: 1, url: "u", outcome: "saved" });
  });

  it("is read, not mended: whoever appends cuts it off", () => {
    const text = `${serializeOutcome(stored(1))}{"n":2`;
    read(text);
    expect(readFileSync(journal.path, "utf8")).toBe(text);
  });
});

describe("a journal that cannot be gone on with", () => {
  it("because a newer version wrote it is refused with its place and the next step", () => {
    const newer = `{"n":2,"url":"u","outcome":"frozen","time":"${TIME}"}`;
    for (const end of ["\n", ""]) {
      expect(() => read(stored(1), newer + end)).toThrow(JournalError);
      expect(() => read(stored(1), newer + end)).toThrow(
        `${journal.path}:2: outcome "frozen", which only a newer bulkget knows: use that version, or another folder (\`outputDir\`), or \`force\` to start over`,
      );
    }
  });

  it("because it is a link or a folder is refused, and nothing is read", () => {
    const target = folder.at("target");
    writeFileSync(target, serializeOutcome(failed()));
    symlinkSync(target, journal.path);
    expect(reread).toThrow(`${journal.path}: is a link`);
    rmSync(journal.path);
    mkdirSync(journal.path);
    expect(reread).toThrow(`${journal.path}: is no file`);
  });
});
