// Hash collisions of URLs: no URL is confused with another, and lookups stay cheap.

import { describe, expect, it } from "vitest";
import { urlHash } from "../../../src/journal/reading/parse-record.ts";
import { savedUrlIndex } from "../../../src/journal/saved-url-index.ts";
import { lineTable, STATE_SAVED, STATE_SKIPPED } from "../../../src/journal/tables/line-table.ts";
import { urlIndex } from "../../../src/journal/tables/url-index.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { ownJournal } from "../journals.ts";
import { collidingPair, collidingUrls } from "./collisions.ts";

const { read, stored } = ownJournal();

/** A line table in which these URLs are saved, from number 0 on. */
function slotsOf(urls: readonly string[]) {
  const lines = lineTable();
  for (const [n, url] of urls.entries()) lines.set(n, n, urlHash(url), STATE_SAVED);
  return lines;
}

describe("URLs with equal FNV-1a hashes", () => {
  const urls = collidingUrls("https://example.org/", 9);

  it("have separate records in a history", () => {
    const [one, other] = collidingPair("https://example.org/", "https://evil.example/");
    const history = read(stored(1, one), stored(2));
    expect(history.state(1, one)).toBe("saved");
    expect(history.state(1, other)).toBe("other");
    expect([history.findSaved(one), history.findSaved(other)]).toEqual([1, undefined]);
    expect([history.duplicateSource(one)?.n, history.duplicateSource(other)]).toEqual([1, undefined]);
  });

  it("need one record read per lookup in the index of saved URLs", () => {
    let reads = 0;
    const { find } = savedUrlIndex(slotsOf(urls), (n) => {
      reads++;
      return saved({ n, url: urls[n] ?? "", file: `${n}` });
    });
    for (const [n, url] of urls.entries()) expect(find(url)?.n).toBe(n);
    expect(reads).toBeLessThan(urls.length + 10);
  });

  it("need one record read per lookup in the index of unmatched lines", () => {
    let reads = 0;
    const index = urlIndex(slotsOf(urls), () => true);
    for (const [n, url] of urls.entries()) {
      index(urlHash(url), (found) => {
        reads++;
        return found === n;
      });
    }
    expect(reads).toBeLessThan(urls.length + 10);
  });
});

describe("a URL that very many lines have", () => {
  const LINES = 300_000;
  const url = "https://example.org/";
  const same = () => slotsOf(Array.from({ length: LINES }, () => url));

  it("is found once for each of its lines by the URL index", () => {
    const lines = same();
    const index = urlIndex(lines, (one) => lines.stateAt(one) === STATE_SAVED);
    for (let i = 0; i < LINES; i++) {
      let taken = -1;
      index(urlHash(url), (found) => {
        taken = found;
        return true;
      });
      const n = lines.numberAt(taken);
      lines.set(n, lines.unitAt(taken), lines.hashAt(taken), STATE_SKIPPED);
    }
    expect(lines.count(STATE_SKIPPED)).toBe(LINES);
    let more = 0;
    index(urlHash(url), () => ++more > 0);
    expect(more).toBe(0);
  });

  it("is found once for each of its lines until the reserved lines are released", () => {
    const some = 30_000;
    const records = Array.from({ length: some }, (_, i) => failed({ n: 1000 * i, url }));
    const history = read(...records);
    for (let i = 0; i < some; i++) {
      const n = history.findFailure(url) ?? expect.unreachable();
      history.reserve(n);
    }
    expect(history.findFailure(url)).toBeUndefined();
    history.releaseReserved();
    expect(history.findFailure(url)).toBeDefined();
  });

  it("is found in the index of saved URLs with one record read", () => {
    let reads = 0;
    const known = savedUrlIndex(same(), (n) => {
      reads++;
      return saved({ n, url, file: `${n}` });
    });
    for (let i = 0; i < LINES; i++) known.add(i, urlHash(url));
    expect(known.find(url)).toBeDefined();
    expect(reads).toBe(1);
  });

  it("causes few record reads per lookup if none of its records has a file", () => {
    let reads = 0;
    const known = savedUrlIndex(same(), (n) => {
      reads++;
      return saved({ n, url });
    });
    for (let i = 0; i < 1000; i++) expect(known.find(url)).toBeUndefined();
    expect(reads).toBeLessThan(100_000);
  });
});
