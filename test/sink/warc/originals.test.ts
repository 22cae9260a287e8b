// The memory of payloads for --dedupe: what it finds, how much it keeps, and what it leaves out.
import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { originals } from "../../../src/sink/warc/originals.ts";

const digest = (n: number) => hash("sha1", String(n), "binary");

describe("the memory of payloads", () => {
  it("has the place of each, also far behind in a large archive of a high number", () => {
    const seen = originals();
    expect(seen.find(digest(1))).toBeUndefined();
    const places = [
      { shard: "00000.warc.gz", offset: 0 },
      { shard: "00007.warc.gz", offset: 2 ** 32 + 5 },
      { shard: "1234567.warc.gz", offset: 2 ** 40 - 1 },
    ];
    for (const [i, place] of places.entries()) seen.add(digest(i), place);
    expect(places.map((_, i) => seen.find(digest(i)))).toEqual(places);
    seen.add(digest(0), places[1] ?? { shard: "", offset: 0 });
    expect(seen.find(digest(0))).toEqual(places[1]);
  });

  it("leaves out a place that it has no room for", () => {
    const seen = originals();
    seen.add(digest(1), { shard: "00000.warc.gz", offset: 2 ** 40 });
    seen.add(digest(2), { shard: "99999999.warc.gz", offset: 0 });
    expect([1, 2].map((n) => seen.find(digest(n)))).toEqual([undefined, undefined]);
  });

  it("loses the oldest of those that share eight slots, and no other", () => {
    const seen = originals();
    const sharing = (n: number) => String.fromCharCode(0, 0, 0, n, 0, 0, 0, 5);
    for (let n = 1; n <= 9; n++) seen.add(sharing(n), { shard: "00000.warc.gz", offset: n });
    seen.add(digest(1), { shard: "00000.warc.gz", offset: 99 });
    const found = Array.from({ length: 9 }, (_, i) => seen.find(sharing(i + 1))?.offset);
    expect(found).toEqual([undefined, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
