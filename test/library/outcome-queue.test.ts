// The queue between a run and the caller's loop: order, backpressure, and both ways to end.

import { expect, it, vi } from "vitest";
import { outcomeQueue } from "../../src/library/outcome-queue.ts";

/** Lets all promises that are already settled run their callbacks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it("items arrive in order, and `put` resolves only when its item is taken", async () => {
  const queue = outcomeQueue<number>();
  const taken = [vi.fn(), vi.fn()] as const;
  void queue.put(1).then(taken[0]);
  void queue.put(2).then(taken[1]);
  await settled();
  expect(taken[0]).not.toHaveBeenCalled();
  expect(await queue.next()).toBe(1);
  await settled();
  expect(taken[0]).toHaveBeenCalledOnce();
  expect(taken[1]).not.toHaveBeenCalled();
  expect(await queue.next()).toBe(2);
});

it("`next` waits for an item", async () => {
  const queue = outcomeQueue<number>();
  const next = queue.next();
  void queue.put(7);
  expect(await next).toBe(7);
});

it("after `finish`, `next` returns the remaining items and then undefined", async () => {
  const queue = outcomeQueue<number>();
  void queue.put(1);
  queue.finish();
  expect(await queue.next()).toBe(1);
  expect(await queue.next()).toBeUndefined();
});

it("`finish` resolves a pending `next` with undefined", async () => {
  const queue = outcomeQueue<number>();
  const next = queue.next();
  queue.finish();
  expect(await next).toBeUndefined();
});

it("`close` resolves pending and later calls of `put`", async () => {
  const queue = outcomeQueue<number>();
  const pending = queue.put(1);
  queue.close();
  await expect(Promise.all([pending, queue.put(2)])).resolves.toEqual([undefined, undefined]);
});
