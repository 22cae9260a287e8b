// The keyed hash: published test vectors, equality of string and byte hashes, and no fixed collisions.

import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesHash, newKey, numberHash, textHash } from "../../../src/journal/tables/keyed-hash.ts";
import { collidingUrls } from "./collisions.ts";

it("the keyed hash equals HalfSipHash-1-3 on the test vectors of Linux", () => {
  const vectors = [0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6];
  const bytes = String.fromCharCode(0, 1, 2, 3, 4, 5, 6, 7);
  const key = { low: 0x0302_0100, high: 0x0706_0504 };
  expect(vectors.map((_, length) => textHash(bytes.slice(0, length), key))).toEqual(vectors);
});

it("the keyed hash is equal for a string and its bytes, and differs for other strings", () => {
  const ascii = fc.string({ unit: "binary-ascii", maxLength: 20 });
  const long = fc
    .tuple(
      fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: "binary", minLength: 1 })),
      fc.integer({ min: 4000, max: 9000 }),
    )
    .map(([part, length]) => part.repeat(length).slice(0, length));
  const text = fc.oneof(ascii, fc.string({ unit: "binary" }), long);
  fc.assert(
    fc.property(ascii, text, text, (front, one, other) => {
      const bytes = Buffer.from(front + one);
      if (bytes.length === front.length + one.length)
        expect(bytesHash(bytes, front.length, bytes.length)).toBe(textHash(one));
      expect(textHash(one) === textHash(other)).toBe(one === other); // but for one pair in four billion
    }),
    { numRuns: 2000 },
  );
});

it("the keyed hash has no collisions that were constructed for another key", () => {
  const [one, other] = [newKey(), newKey()];
  const urls = Array.from({ length: 100_000 }, (_, i) => `https://example.org/${i}`);
  const seen = new Map<number, string>();
  let met = 0;
  for (const url of urls) {
    const before = seen.get(textHash(url, one) >>> 12);
    if (before !== undefined && textHash(before, other) >>> 12 === textHash(url, other) >>> 12) met++;
    seen.set(textHash(url, one) >>> 12, url);
  }
  expect(seen.size).toBeLessThan(urls.length - 1000); // 20 bits: there are thousands of them
  expect(met).toBeLessThan(5);
});

it("the keyed hash separates URLs that collide in FNV-1a for every seed", () => {
  const urls = collidingUrls("https://example.org/", 4);
  expect(new Set(urls.map((url) => textHash(url))).size).toBe(urls.length);
});

it("the keyed hash of numbers differs for every number", () => {
  const numbers = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? i : i * 2 ** 33));
  expect(new Set(numbers.map(numberHash)).size).toBeGreaterThan(numbers.length - 5);
});
