// Several reporters at once: one that fails or stalls is left out and said once, the others lose nothing.
import { describe, expect, it } from "vitest";
import type { Reporter, View } from "../../../src/core/ports.ts";
import { combineReporters, STALL_MS } from "../../../src/core/run/combine-reporters.ts";
import { failed, saved, unchanged } from "../outcomes.ts";
import { fakeSource, pool, quiet, watched } from "../pool.ts";

const OUTCOMES = [saved({ n: 1 }), unchanged({ n: 2 }), failed({ n: 3 })];

function aView(): View {
  return pool({ source: fakeSource([]), concurrency: 1 }).view;
}

/** The reporters together, with a clock that only `stall` moves on. */
function setUp(...reporters: Reporter[]) {
  const timers = new Set<() => void>();
  const lost: string[] = [];
  const reporter = combineReporters(
    reporters.map((one, i) => ({ name: `r${i}`, reporter: one })),
    {
      stallMs: STALL_MS,
      after(ms, act) {
        expect(ms).toBe(STALL_MS);
        timers.add(act);
        return () => timers.delete(act);
      },
      onLost: (name, error) => lost.push(`${name}: ${(error as Error).message}`),
    },
  );
  const stall = () => {
    for (const act of [...timers]) act();
  };
  return { reporter, lost, timers, stall };
}

/** Remembers what it was told. */
function listener(): Reporter & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    start: () => void heard.push("start"),
    outcome: ({ n }) => void heard.push(`outcome ${n}`),
    end: () => void heard.push("end"),
  };
}

const ALL = ["start", "outcome 1", "outcome 2", "outcome 3", "end"];

type Fault = () => void | Promise<void>;
const faults: [name: string, fault: Fault, says: string][] = [
  [
    "throws",
    () => {
      throw new Error("no more paper");
    },
    "r1: no more paper",
  ],
  ["rejects", () => Promise.reject(new Error("no more paper")), "r1: no more paper"],
  ["never settles", () => new Promise(() => {}), "r1: took nothing for 300 s"],
];

describe.each(faults)("a reporter that %s", (_name, fault, says) => {
  it("at an outcome is reported lost once and gets no more, and the others get everything", async () => {
    const [before, after] = [listener(), listener()];
    let asked = 0;
    const bad: Reporter = {
      outcome() {
        asked++;
        return fault();
      },
    };
    const { reporter, lost, stall } = setUp(before, bad, after);
    const view = aView();
    reporter.start(view);
    for (const outcome of OUTCOMES) {
      const taken = reporter.outcome(outcome);
      await quiet();
      stall();
      await taken;
    }
    await reporter.end(view);
    expect(lost).toEqual([says]);
    expect(asked).toBe(1);
    expect([before.heard, after.heard]).toEqual([ALL, ALL]);
  });

  it("at the end is reported lost, and the others end", async () => {
    const [before, after] = [listener(), listener()];
    const { reporter, lost, stall } = setUp(before, { outcome() {}, end: fault }, after);
    const ending = reporter.end(aView());
    await quiet();
    stall();
    await ending;
    expect(lost).toEqual([says]);
    expect([before.heard, after.heard]).toEqual([["end"], ["end"]]);
  });
});

it("a reporter that throws at the start is lost, and the others start", async () => {
  const other = listener();
  const bad: Reporter = {
    start() {
      throw new Error("no terminal");
    },
    outcome: () => expect.unreachable("it is lost"),
  };
  const { reporter, lost } = setUp(bad, other);
  reporter.start(aView());
  await reporter.outcome(saved());
  expect(lost).toEqual(["r0: no terminal"]);
  expect(other.heard).toEqual(["start", "outcome 1"]);
});

it("a reporter that settles after its limit is not reported lost again", async () => {
  let reject: ((error: Error) => void) | undefined;
  const late: Reporter = {
    outcome: () =>
      new Promise((_resolve, refuse) => {
        reject = refuse;
      }),
  };
  const { reporter, lost, stall } = setUp(late);
  const taken = reporter.outcome(saved());
  stall();
  await taken;
  reject?.(new Error("too late"));
  await quiet();
  expect(lost).toEqual(["r0: took nothing for 300 s"]);
});

describe("a slow reporter", () => {
  it("is awaited, and leaves no timer", async () => {
    let resolve = () => {};
    const slow: Reporter = {
      outcome: () =>
        new Promise((settle) => {
          resolve = settle;
        }),
    };
    const { reporter, lost, timers } = setUp(listener(), slow);
    const taken = reporter.outcome(saved());
    const state = watched(Promise.resolve(taken));
    await quiet();
    expect(state()).toBe("pending");
    resolve();
    await taken;
    expect([lost, timers.size]).toEqual([[], 0]);
  });

  it("costs no promise if all return at once", () => {
    const { reporter } = setUp(listener(), listener());
    expect(reporter.outcome(saved())).toBeUndefined();
  });
});
