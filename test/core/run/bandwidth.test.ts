// All bodies together keep to a speed: who reads takes turns, and what is read is paid for, from the first byte on.
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Account, bandwidthLimiter, type PausedReader } from "../../../src/core/run/bandwidth.ts";
import { arrivals, byteBudget, readSize } from "../../../src/policy/rate.ts";

/** An account of a clock that goes on when the test says so. */
function accountOf(bytesPerSecond: number) {
  const pace = byteBudget(bytesPerSecond);
  let nowMs = 0;
  let act: (() => void) | undefined;
  const account: Account = {
    isPaid: () => pace.paidMs() <= nowMs,
    spend: (bytes) => pace.spend(bytes, nowMs),
    whenPaid(next) {
      act = next;
    },
    paidMs: () => pace.paidMs(),
    close() {
      act = undefined;
    },
  };
  return {
    account,
    nowMs: () => nowMs,
    debtMs: () => pace.paidMs() - nowMs,
    isWaiting: () => act !== undefined,
    to(untilMs: number) {
      while (act !== undefined && pace.paidMs() <= untilMs) {
        nowMs = Math.max(nowMs, pace.paidMs());
        const due = act;
        act = undefined;
        due();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

/** A byte a millisecond, and reads of 10. */
function bench() {
  const clock = accountOf(1000);
  clock.account.spend(100); // the credit that a pause gives, and so does the beginning
  const turns: string[] = [];
  const readers = new Map<string, PausedReader>();
  const reader = (name: string): PausedReader => {
    const one = readers.get(name) ?? { resume: () => void turns.push(`${name} ${clock.nowMs()}`) };
    readers.set(name, one);
    return one;
  };
  return { ...clock, turns, reader, all: bandwidthLimiter(clock.account, 1000, 10) };
}

it("what arrives is paid for, and read on when it is: never sooner, and at once then", () => {
  const { all, reader, turns, to } = bench();
  expect(all.onData(50, reader("a"))).toBe(false);
  to(49);
  expect(turns).toEqual([]);
  to(50);
  expect(turns).toEqual(["a 50"]);
});

it("those who wait read one after the other, first come first served, each after the read of the one before", () => {
  const { all, reader, turns, to } = bench();
  for (const name of ["a", "b", "c"]) expect(all.onData(10, reader(name))).toBe(false);
  to(40);
  expect(turns).toEqual(["a 30", "b 40"]);
  to(1000);
  expect(turns).toEqual(["a 30", "b 40", "c 50"]);
});

it("a read that was paid for in advance costs nothing more, unless it is larger", () => {
  const { all, reader, to, debtMs } = bench();
  all.onData(20, reader("a"));
  to(20);
  expect(debtMs()).toBe(10);
  all.onData(10, reader("a"));
  expect(debtMs()).toBe(10);
  to(30);
  all.onData(25, reader("a"));
  expect(debtMs()).toBe(25); // 10 in advance, and 15
});

it("with nothing to pay and nobody waiting, reading goes on", () => {
  const { all, reader, to, turns } = bench();
  to(1000); // 100 bytes of credit
  expect(all.onData(60, reader("a"))).toBe(true);
  expect(all.onData(40, reader("b"))).toBe(true);
  expect(all.onData(1, reader("c"))).toBe(false);
  to(1001);
  expect(turns).toEqual(["c 1001"]);
});

it("nobody overtakes one who waits", () => {
  const { all, reader, to } = bench();
  all.onData(30, reader("a"));
  all.onData(10, reader("b"));
  to(40); // a's turn: b is next
  expect(all.onData(1, reader("c"))).toBe(false);
});

it("who leaves is never called, and gives back what was paid in advance", () => {
  const { all, reader, turns, to, debtMs } = bench();
  all.onData(10, reader("a"));
  all.onData(10, reader("b"));
  all.cancel(reader("a"));
  to(20);
  expect([turns, debtMs()]).toEqual([["b 20"], 10]);
  all.cancel(reader("b"));
  expect(debtMs()).toBe(0);
  all.cancel(reader("b"));
  expect(debtMs()).toBe(0);
});

it("whoever reads elsewhere waits in the same row, and what it takes is spent", () => {
  const { all, reader, turns, to, debtMs } = bench();
  all.onData(10, reader("a"));
  all.enqueue(reader("helper"), 200);
  to(20);
  expect([turns, debtMs()]).toEqual([["a 10", "helper 20"], 200]);
  all.cancel(reader("helper"));
  expect(debtMs()).toBe(200);
});

it("closed, it waits for nothing", () => {
  const { all, reader, isWaiting } = bench();
  all.onData(10, reader("a"));
  expect(isWaiting()).toBe(true);
  all.close();
  expect(isWaiting()).toBe(false);
});

/**
 * A server that has everything at once: URLs start when they may, each reads what is there in reads of the size that is asked
 * for, and all of it takes some milliseconds of its own. Returns when each read was, and how many bytes.
 */
function simulated(bytesPerSecond: number, sizes: readonly number[], concurrency: number) {
  const clock = accountOf(bytesPerSecond);
  const { account, nowMs } = clock;
  const all = bandwidthLimiter(account, bytesPerSecond, readSize(bytesPerSecond));
  const starts = arrivals(bytesPerSecond, all.paidMs);
  const reads: { readonly atMs: number; readonly bytes: number }[] = [];
  let next = 0;
  let open = 0;

  const read = (left: number, size: number, reader: PausedReader): number => {
    let rest = left;
    for (let goOn = true; goOn && rest > 0; ) {
      const bytes = Math.min(rest, all.readBytes);
      rest -= bytes;
      reads.push({ atMs: nowMs(), bytes });
      goOn = all.onData(bytes, reader);
    }
    if (rest > 0) return rest;
    all.cancel(reader);
    starts.learn(size);
    open--;
    return 0;
  };
  const start = (size: number) => {
    let left = size;
    const reader: PausedReader = {
      resume() {
        left = read(left, size, reader);
      },
    };
    left = read(left, size, reader);
  };
  for (let stepMs = 0; next < sizes.length || open > 0; stepMs++) {
    clock.to(stepMs);
    while (next < sizes.length && open < concurrency && starts.nextAtMs(nowMs()) <= nowMs()) {
      starts.acquire(nowMs());
      open++;
      start(sizes[next++] ?? 0);
    }
  }
  return reads;
}

it("a list takes the time that it must, to a tenth, whatever its bodies and however many at a time", () => {
  const sizes = fc.oneof(
    fc
      .integer({ min: 2, max: 40 })
      .chain((many) => fc.array(fc.constant(1_048_576), { minLength: many, maxLength: many })),
    fc.array(fc.constantFrom(100, 1024, 20_000, 300_000), { minLength: 300, maxLength: 600 }),
    fc.array(fc.constant(1024), { minLength: 2000, maxLength: 2000 }),
  );
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 3, max: 20 }),
      fc.integer({ min: 1, max: 100 }),
      (list, seconds, concurrency) => {
        const total = list.reduce((sum, size) => sum + size, 0);
        const bytesPerSecond = total / seconds;
        const reads = simulated(bytesPerSecond, list, concurrency);
        const tookMs = reads.at(-1)?.atMs ?? 0;
        expect(tookMs).toBeGreaterThan(seconds * 900);
        expect(tookMs).toBeLessThan(seconds * 1100);
        // From the first byte on: at no time is it ahead by more than what comes in 300 ms, and one read.
        let sum = 0;
        for (const { atMs, bytes } of reads) {
          expect(sum).toBeLessThanOrEqual(((atMs + 300) / 1000) * bytesPerSecond + readSize(bytesPerSecond));
          sum += bytes;
        }
      },
    ),
    { numRuns: 60 },
  );
});
