// Lookups of a saved line by URL, never by an equal hash alone.

import { appendFileSync, lstatSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/job.ts";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { urlHash } from "../../src/journal/reading/parse-record.ts";
import { failed, saved, skipped } from "../core/outcomes.ts";
import { ownJournal } from "./journals.ts";

const journal = ownJournal();

const { read, stored } = journal;

const URL_A = "https://example.org/a";
const gone = saved({ n: 5, url: URL_A, file: "gone.txt", bytes: 3 });

describe("the duplicate source of a URL", () => {
  it("is the record of a saved line with exactly this URL, of an earlier run or added since", () => {
    const history = read(
      stored(1, URL_A),
      failed({ n: 2, url: "https://b/" }),
      gone,
      skipped({ n: 6, url: "https://c/" }),
      saved({ n: 7, url: "http://me:***@a/", file: "7.txt", bytes: 7 }),
    );
    expect(history.duplicateSource(URL_A)).toMatchObject({ n: 1, file: "1.txt" });
    for (const url of ["https://b/", "https://c/", "https://d/", "http://me:***@a/", "http://me:one@a/"]) {
      expect(history.duplicateSource(url), url).toBeUndefined();
    }
    const added = serializeOutcome(stored(8, "https://d/"));
    history.add(JSON.parse(added) as Outcome, lstatSync(journal.path).size);
    expect(history.duplicateSource("https://d/")).toBeUndefined(); // not written yet
    appendFileSync(journal.path, added);
    expect(history.duplicateSource("https://d/")).toMatchObject({ n: 8, file: "8.txt" });
    history.remove(1);
    expect(history.duplicateSource(URL_A)).toBeUndefined();
  });

  it("is found among thousands of lines while they are added", () => {
    const urlOf = (n: number) => `https://example.org/${n % 3000}`;
    const history = read();
    let offset = 0;
    for (let n = 1; n <= 5000; n++) {
      const outcome = saved({ n, url: urlOf(n), file: `${n}.txt` });
      const record = serializeOutcome(outcome);
      appendFileSync(journal.path, record);
      history.add(outcome, offset);
      offset += record.length;
      if (n % 7 === 0) expect(history.duplicateSource(urlOf(n))?.url).toBe(urlOf(n));
    }
    for (let i = 0; i < 3000; i++) expect(history.duplicateSource(urlOf(i))?.url).toBe(urlOf(i));
    for (let i = 3000; i < 6000; i++) expect(history.duplicateSource(`https://example.org/${i}`)).toBeUndefined();
  });

  it("is never the record of another URL with an equal hash", () => {
    const byHash = new Map<number, string>();
    let pair: readonly [string, string] | undefined;
    for (let i = 0; pair === undefined; i++) {
      const url = `https://example.org/${i}`;
      const other = byHash.get(urlHash(url));
      if (other !== undefined) pair = [other, url];
      byHash.set(urlHash(url), url);
    }
    const history = read(stored(1, pair[0]));
    expect(history.duplicateSource(pair[0])).toMatchObject({ n: 1 });
    expect(history.duplicateSource(pair[1])).toBeUndefined();
    history.add(stored(2, pair[1]), lstatSync(journal.path).size);
    appendFileSync(journal.path, serializeOutcome(stored(2, pair[1])));
    expect([history.duplicateSource(pair[0])?.n, history.duplicateSource(pair[1])?.n]).toEqual([1, 2]);
  });
});

describe("a URL with the hash of another one", () => {
  it("does not find the other one's line", () => {
    const seen = new Map<number, string>();
    for (let i = 0; ; i++) {
      const url = `https://example.org/${i}`;
      const twin = seen.get(urlHash(url));
      seen.set(urlHash(url), url);
      if (twin === undefined) continue;
      const history = read(stored(1, twin));
      expect(history.state(1, url)).toBe("other");
      expect(history.findSaved(url)).toBeUndefined();
      expect(history.findSaved(twin)).toBe(1);
      return;
    }
  });
});
