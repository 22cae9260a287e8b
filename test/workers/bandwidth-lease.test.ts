// What a helper may read: asked for once, granted in portions, and what came beyond that is said.
import { expect, it } from "vitest";
import { bandwidthLease, portion } from "../../src/workers/bandwidth-lease.ts";
import type { FromWorker } from "../../src/workers/messages.ts";

function bench() {
  const notices: FromWorker[] = [];
  const acts: string[] = [];
  const account = bandwidthLease((notice) => void notices.push(notice));
  return { account, notices, acts, act: (name: string) => () => void acts.push(name) };
}

it("nothing may be read before a portion is granted, which is asked for once", () => {
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

it("what arrives unasked is said, and is the run's to pay; what is given back is read later", () => {
  const { account, notices } = bench();
  account.spend(70);
  account.granted(100);
  account.spend(130);
  expect([notices, account.isPaid()]).toEqual([[{ spent: 70 }, { spent: 30 }], false]);
  account.spend(-5);
  expect(account.isPaid()).toBe(true);
});

it("closed, it calls nobody", () => {
  const { account, acts, act } = bench();
  account.whenPaid(act("one"));
  account.close();
  account.granted(100);
  expect(acts).toEqual([]);
});

it("a portion is one read, or what comes in 10 ms", () => {
  expect([portion(1000, 1024), portion(100_000_000, 65_536)]).toEqual([1024, 1_000_000]);
});
