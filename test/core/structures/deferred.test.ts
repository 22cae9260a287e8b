// What comes without a promise: told once, whoever comes first, and never while it is being asked.
import { expect, it } from "vitest";
import { Deferred } from "../../../src/core/structures/deferred.ts";

/** Asks, and notes what is said. */
function asked(coming: Deferred<number>): unknown[] {
  const said: unknown[] = [];
  coming.then(
    (value) => said.push(value),
    (error) => said.push(["failed", error]),
  );
  return said;
}

it("who asked first is told at once", () => {
  const [one, other] = [new Deferred<number>(), new Deferred<number>()];
  const said = [asked(one), asked(other)];
  one.resolve(7);
  other.reject("why");
  expect(said).toEqual([[7], [["failed", "why"]]]);
});

it("who asks afterwards is told, and not before the question is over", async () => {
  const [one, other] = [new Deferred<number>(), new Deferred<number>()];
  one.resolve(7);
  other.reject("why");
  const said = [asked(one), asked(other)];
  expect(said).toEqual([[], []]);
  await Promise.resolve();
  expect(said).toEqual([[7], [["failed", "why"]]]);
});

it("can be awaited, before and after", async () => {
  const [early, late, bad] = [new Deferred<number>(), new Deferred<number>(), new Deferred<number>()];
  early.resolve(1);
  queueMicrotask(() => queueMicrotask(() => late.resolve(2)));
  queueMicrotask(() => queueMicrotask(() => bad.reject(new Error("why"))));
  expect(await early).toBe(1);
  expect(await late).toBe(2);
  await expect(Promise.resolve(bad)).rejects.toThrow("why");
});
