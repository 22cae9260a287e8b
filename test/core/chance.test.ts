// Whatever the web does, whenever the run is stopped: one outcome for each job, and nothing left behind.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Failure } from "../../src/core/failure.ts";
import type { Saved } from "../../src/core/job.ts";
import type { RetryDecision } from "../../src/core/run/completion.ts";
import { decideRetry, hostSignal } from "../../src/policy/retry.ts";
import { type FakeClock, fakeClock } from "./clock.ts";
import { failure, saved } from "./outcomes.ts";
import { fakeSource, type PoolOptions, pool, watched } from "./pool.ts";

const RETRIES = 3;
const GRACE_MS = 500;
const FOREVER_MS = 1e9;

/** One try as it will come about. */
interface Step {
  readonly ms: number;
  /** What it comes to; as saved, where there is none. */
  readonly failure: Failure | undefined;
}

/** One try as it came about. */
interface Try extends Step {
  readonly host: string;
  readonly startedMs: number;
  readonly inFlight: number;
}

interface AboutRun {
  readonly jobs: readonly { readonly host: string; readonly steps: readonly Step[] }[];
  /** How many jobs the source gives at once. */
  readonly batch: number;
  readonly concurrency: number;
  readonly capacity: number;
  /** For the back-offs. */
  readonly random: number;
}

const busy = (status: number, retryAfterMs: number) => failure("http_status", { status, retryAfterMs });
const aFailure = fc.oneof(
  fc.constantFrom(failure("connection_lost"), failure("truncated"), failure("headers_timeout"), failure("internal")),
  fc.constantFrom(failure("connect_refused"), failure("dns_not_found"), failure("bad_range")),
  fc.constantFrom(failure("http_status", { status: 404 }), failure("http_status", { status: 503 })),
  fc.constantFrom(busy(429, 2000), busy(503, 400), busy(404, 900), busy(429, 3_600_000)),
  fc.constant(failure("connect_failed", { fdsExhausted: true })),
);
const aStep: fc.Arbitrary<Step> = fc.record({
  ms: fc.constantFrom(0, 1, 30, 1000),
  failure: fc.option(aFailure, { nil: undefined, freq: 5 }),
});
const aJob = fc.record({ host: fc.constantFrom("a", "b", "c"), steps: fc.array(aStep, { maxLength: 6 }) });
const aRun: fc.Arbitrary<AboutRun> = fc.record({
  jobs: fc.array(aJob, { minLength: 1, maxLength: 14 }),
  batch: fc.integer({ min: 1, max: 5 }),
  concurrency: fc.integer({ min: 1, max: 5 }),
  capacity: fc.integer({ min: 1, max: 9 }),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

/** A web that does to each job what is written for it, and remembers. */
function aWeb(jobs: AboutRun["jobs"], clock: FakeClock) {
  const tries = new Map<number, Try[]>();
  const cuts = new Set<() => void>();
  let inFlight = 0;
  const perform: NonNullable<PoolOptions["perform"]> = ({ job: { n }, host, attempts }) => {
    const done = tries.get(n) ?? [];
    const { ms, failure: comesTo } = jobs[n - 1]?.steps[done.length] ?? { ms: 1, failure: undefined };
    inFlight++;
    tries.set(n, [...done, { ms, failure: comesTo, host, startedMs: clock.nowMs(), inFlight }]);
    return new Promise<Saved | Failure>((resolve) => {
      const over = (result: Saved | Failure) => {
        cancel();
        cuts.delete(cut);
        inFlight--;
        resolve(result);
      };
      const cut = () => over(failure("interrupted"));
      const cancel = clock.after(ms, () => over(comesTo ?? saved({ n, attempts })));
      cuts.add(cut);
    });
  };
  const cutAll = () => {
    for (const cut of [...cuts]) cut();
  };
  return { perform, tries, cutAll };
}

/** A run of these jobs on a clock that nobody has to wait for. */
function aPool({ jobs, batch, concurrency, capacity, random }: AboutRun) {
  const clock = fakeClock();
  const web = aWeb(jobs, clock);
  const sizes = Array.from({ length: Math.ceil(jobs.length / batch) }, (_, i) =>
    Math.min(batch, jobs.length - i * batch),
  );
  const options = { retries: RETRIES, maxRetryAfterMs: 300_000 };
  const run = pool({
    source: fakeSource(sizes, "end", (n) => `http://${jobs[n - 1]?.host}.example/${n}`),
    concurrency,
    capacity,
    clock,
    graceMs: GRACE_MS,
    perform: web.perform,
    retry: (last, attempts): RetryDecision => decideRetry(last, attempts, options, () => random),
    hostSignal,
    onAbandon: web.cutAll,
  });
  return { run, tries: web.tries };
}

/** What holds at every moment: never too many at a time, and none on a host that is to be left alone. */
function checkTries(all: readonly Try[], concurrency: number): void {
  for (const one of all) expect(one.inFlight).toBeLessThanOrEqual(concurrency);
  for (const { host, startedMs, ms, failure: why } of all) {
    if (why?.retryAfterMs === undefined) continue;
    const [fromMs, untilMs] = [startedMs + ms, startedMs + ms + why.retryAfterMs];
    const early = all.filter((one) => one.host === host && one.startedMs > fromMs && one.startedMs < untilMs);
    expect(early).toEqual([]);
  }
}

it("every job of a run has exactly one outcome, which matches what its server did", async () => {
  await fc.assert(
    fc.asyncProperty(aRun, async (about) => {
      const { run, tries } = aPool(about);
      const state = watched(run.done);
      await run.clock.pass(FOREVER_MS);
      expect(state()).toBe("resolved");
      expect(run.told.map(({ n }) => n).sort((one, other) => one - other)).toEqual(about.jobs.map((_, i) => i + 1));
      for (const outcome of run.told) {
        const made = tries.get(outcome.n) ?? [];
        const counted = made.filter((one) => one.failure?.fdsExhausted !== true);
        const sumMs = counted.reduce((sum, { ms }) => sum + ms, 0);
        const refused = outcome.outcome === "failed" && outcome.detail.startsWith("not tried: ");
        expect(outcome.outcome).toBe(refused || made.at(-1)?.failure !== undefined ? "failed" : "saved");
        expect(outcome.attempts).toBeLessThanOrEqual(RETRIES + 1);
        if (made.length > counted.length) continue; // how long there was no descriptor decides about those
        expect(outcome.attempts).toBe(made.length);
        if (outcome.outcome === "saved") continue; // its record is the web's here
        expect(outcome.retried_after ?? []).toHaveLength(refused ? made.length : made.length - 1);
        expect(outcome.total_ms).toBe(sumMs);
      }
      checkTries([...tries.values()].flat(), about.concurrency);
      const { tally, open, inFlight, waiting } = run.view;
      expect([tally.saved + tally.failed, tally.interrupted]).toEqual([about.jobs.length, 0]);
      expect([open.size, inFlight, waiting]).toEqual([0, 0, 0]);
      expect(run.clock.timers()).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 60_000);

it("a run that is stopped at any moment ends within its grace, with at most one outcome for each job", async () => {
  await fc.assert(
    fc.asyncProperty(aRun, fc.nat(6000), async (about, stopMs) => {
      const { run, tries } = aPool(about);
      const state = watched(run.done);
      await run.clock.pass(stopMs);
      const begun = run.started.length;
      expect(run.view.tally.interrupted).toBe(0);
      run.stop.abort("deadline");
      await run.clock.pass(GRACE_MS);
      expect(state()).toBe("resolved");
      expect(run.started).toHaveLength(begun);
      expect(new Set(run.told.map(({ n }) => n)).size).toBe(run.told.length);
      for (const [n, made] of tries) {
        const { startedMs, ms, failure: why } = made.at(-1) ?? expect.fail("no try");
        const endMs = startedMs + ms;
        if (endMs <= stopMs) continue;
        // What was under way has an outcome: what it came to, or that it was cut or would have been tried again.
        const outcome = run.told.find((one) => one.n === n) ?? expect.fail(`job ${n} is lost`);
        const said = outcome.outcome === "failed" ? outcome.error : outcome.outcome;
        if (endMs > stopMs + GRACE_MS || why?.fdsExhausted === true) expect(said).toBe("interrupted");
        else expect(why === undefined ? ["saved"] : ["interrupted", why.error]).toContain(said);
      }
      expect(run.view.inFlight).toBe(0);
      expect(run.clock.timers()).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 60_000);
