// The bandwidth lease of a worker: requests portions once, reads what is granted, and reports bytes beyond that.
import { expect, it } from "vitest";
import { bandwidthLease, portion } from "../../src/workers/bandwidth-lease.ts";
import type { FromWorker } from "../../src/workers/messages.ts";

function bench() {
  const notices: FromWorker[] = [];
  const acts: string[] = [];
  const account = bandwidthLease((notice) => void notices.push(notice));
  return { account, notices, acts, act: (name: string) => () => void acts.push(name) };
}

it("a worker reads nothing before a portion is granted, and requests it once", () => {
  const { account, notices, acts, act } = bench();
  expect(account.isPaid()).toBe(false);
  account.whenPaid(act("one"));
  account.whenPaid(act("two"));
  expect([notices, acts]).toEqual([[{ wants: true }], []]);
  account.granted(100);
  expect([account.isPaid(), acts]).toEqual([true, ["two"]]);
  account.spend(99);
  expect([account.isPaid(), notices.length]).toEqual([true, 1]);
  account.spend(1);
  account.whenPaid(act("three"));
  expect([account.isPaid(), notices]).toEqual([false, [{ wants: true }, { wants: true }]]);
});

it("a worker reports bytes beyond its grant, and may read refunded bytes later", () => {
  const { account, notices } = bench();
  account.spend(70);
  account.granted(100);
  account.spend(130);
  expect([notices, account.isPaid()]).toEqual([[{ spent: 70 }, { spent: 30 }], false]);
  account.spend(-5);
  expect(account.isPaid()).toBe(true);
});

it("a closed lease calls no reader", () => {
  const { account, acts, act } = bench();
  account.whenPaid(act("one"));
  account.close();
  account.granted(100);
  expect(acts).toEqual([]);
});

it("a portion has the bytes of one read or of 10 ms, whichever is larger", () => {
  expect([portion(1000, 1024), portion(100_000_000, 65_536)]).toEqual([1024, 1_000_000]);
});
