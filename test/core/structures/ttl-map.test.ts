// The map with a time to live: removal by age, by number, and by delete.

import { expect, it } from "vitest";
import { ttlMap } from "../../../src/core/structures/ttl-map.ts";

it("an entry of a TTL map exists until it expires", () => {
  let nowMs = 0;
  const map = ttlMap<string>(10, 1000, () => nowMs);
  map.set("a", "1");
  nowMs = 999;
  expect(map.get("a")).toBe("1");
  map.set("b", "2");
  nowMs = 1000;
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([undefined, "2", undefined]);
  nowMs = 1999;
  expect(map.get("b")).toBeUndefined();
});

it("the older half of a full TTL map is removed, and setting an entry again makes it one of the newest", () => {
  const map = ttlMap<number>(4, 1000, () => 0);
  for (const [i, key] of ["a", "b", "c", "a"].entries()) map.set(key, i);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([3, 1, 2]);
  map.set("d", 4);
  expect(["a", "b", "c", "d"].map((key) => map.get(key))).toEqual([3, undefined, 2, 4]);
  map.delete("c");
  map.delete("d");
  expect(["a", "c", "d"].map((key) => map.get(key))).toEqual([3, undefined, undefined]);
});
