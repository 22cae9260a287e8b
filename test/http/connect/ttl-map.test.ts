// A map that forgets: by age, by number, and when told to.

import { expect, it } from "vitest";
import { ttlMap } from "../../../src/http/connect/ttl-map.ts";

it("an entry is there until its time is over", () => {
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

it("the oldest goes when there are too many, and setting one anew makes it young", () => {
  const map = ttlMap<number>(3, 1000, () => 0);
  for (const [i, key] of ["a", "b", "c", "a", "d"].entries()) map.set(key, i);
  expect(["a", "b", "c", "d"].map((key) => map.get(key))).toEqual([3, undefined, 2, 4]);
  map.delete("c");
  expect(map.get("c")).toBeUndefined();
});
