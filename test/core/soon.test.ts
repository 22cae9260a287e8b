// What comes without a promise: told once, whoever comes first, and never while it is being asked.
import { expect, it } from "vitest";
import { Coming } from "../../src/core/soon.ts";

/** Asks, and notes what is said. */
function asked(coming: Coming<number>): unknown[] {
  const said: unknown[] = [];
  coming.then(
    (value) => said.push(value),
    (error) => said.push(["failed", error]),
  );
  return said;
}

it("who asked first is told at once", () => {
  const [one, other] = [new Coming<number>(), new Coming<number>()];
  const said = [asked(one), asked(other)];
  one.tell(7);
  other.fail("why");
  expect(said).toEqual([[7], [["failed", "why"]]]);
});

it("who asks afterwards is told, and not before the question is over", async () => {
  const [one, other] = [new Coming<number>(), new Coming<number>()];
  one.tell(7);
  other.fail("why");
  const said = [asked(one), asked(other)];
  expect(said).toEqual([[], []]);
  await Promise.resolve();
  expect(said).toEqual([[7], [["failed", "why"]]]);
});

it("can be awaited, before and after", async () => {
  const [early, late, bad] = [new Coming<number>(), new Coming<number>(), new Coming<number>()];
  early.tell(1);
  queueMicrotask(() => queueMicrotask(() => late.tell(2)));
  queueMicrotask(() => queueMicrotask(() => bad.fail(new Error("why"))));
  expect(await early).toBe(1);
  expect(await late).toBe(2);
  await expect(Promise.resolve(bad)).rejects.toThrow("why");
});
