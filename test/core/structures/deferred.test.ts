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

it("a subscriber is called at once when the value comes", () => {
  const [one, other] = [new Deferred<number>(), new Deferred<number>()];
  const said = [asked(one), asked(other)];
  one.resolve(7);
  other.reject("why");
  expect(said).toEqual([[7], [["failed", "why"]]]);
});

it("a later subscriber is called after `then` has returned", async () => {
  const [one, other] = [new Deferred<number>(), new Deferred<number>()];
  one.resolve(7);
  other.reject("why");
  const said = [asked(one), asked(other)];
  expect(said).toEqual([[], []]);
  await Promise.resolve();
  expect(said).toEqual([[7], [["failed", "why"]]]);
});

it("a deferred value can be awaited, before and after it is resolved", async () => {
  const [early, late, bad] = [new Deferred<number>(), new Deferred<number>(), new Deferred<number>()];
  early.resolve(1);
  queueMicrotask(() => queueMicrotask(() => late.resolve(2)));
  queueMicrotask(() => queueMicrotask(() => bad.reject(new Error("why"))));
  expect(await early).toBe(1);
  expect(await late).toBe(2);
  await expect(Promise.resolve(bad)).rejects.toThrow("why");
});
