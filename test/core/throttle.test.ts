// All bodies together keep to a speed: a large one waits while it arrives, a small one leaves a debt for whoever is next.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Failure } from "../../src/core/failure.ts";
import type { Answer, BodyStream, Get } from "../../src/core/ports.ts";
import { type BytesPace, throttled } from "../../src/core/throttle.ts";

const TARGET = new URL("http://example.org/");
const CUT: Failure = { error: "truncated", detail: "cut short" };

/** A byte a millisecond, and a clock that goes on when the test says so. */
function bench() {
  let ms = 0;
  let readyMs = 0;
  const timers: { dueMs: number; act: () => void }[] = [];
  const pace: BytesPace = {
    readyMs: (nowMs) => Math.max(nowMs, readyMs),
    spend(bytes, nowMs) {
      readyMs = Math.max(nowMs, readyMs) + bytes;
    },
  };
  const clock = {
    nowMs: () => ms,
    after(delayMs: number, act: () => void) {
      const timer = { dueMs: ms + delayMs, act };
      timers.push(timer);
      return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1));
    },
  };
  return {
    pace,
    clock,
    timers,
    nowMs: () => ms,
    debtMs: () => readyMs - ms,
    /** Goes to a time, timers first. */
    async to(untilMs: number) {
      for (;;) {
        await settled();
        const next = timers.filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        timers.splice(timers.indexOf(next), 1);
        ms = next.dueMs;
        next.act();
      }
      ms = untilMs;
      await settled();
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const ofBytes = (bytes: number): Uint8Array[] => [new Uint8Array(bytes)];
const answerOf = (body: Answer["body"]): Answer => ({ status: 200, lengthVerified: true, ttfbMs: 1, body });

function streamOf(pieces: readonly (readonly Uint8Array[])[], end?: Failure): BodyStream & { cancelled: number } {
  let at = 0;
  return {
    cancelled: 0,
    next: async () => pieces[at++] ?? end,
    cancel() {
      this.cancelled++;
    },
  };
}

/** A web of which every fetch gives the next of these. */
function webOf(...answers: (Answer | Failure)[]): Get & { aborted: number; asked: unknown[] } {
  return {
    aborted: 0,
    asked: [],
    async fetch(target, ask) {
      this.asked.push([target, ask]);
      return answers.shift() ?? expect.unreachable("no more answers");
    },
    resize() {},
    receivedBytes: () => 7,
    abort() {
      this.aborted++;
    },
    close() {},
  };
}

async function streamedBy(get: Get): Promise<BodyStream> {
  const answer = await get.fetch(TARGET);
  return "body" in answer && "next" in answer.body ? answer.body : expect.unreachable("no stream");
}

it("a small body comes at once, and its bytes are a debt", async () => {
  const { pace, clock, debtMs, timers } = bench();
  const answer = answerOf([...ofBytes(30), ...ofBytes(12)]);
  const web = webOf(answer);
  const get = throttled({ ...web, fetch: (...args) => web.fetch(...args) }, pace, clock);
  expect(await get.fetch(TARGET, { spentMs: 5 })).toBe(answer);
  expect([debtMs(), timers, web.asked]).toEqual([42, [], [[TARGET, { spentMs: 5 }]]]);
  expect(get.receivedBytes()).toBe(7);
});

it("a failure is itself, and costs nothing", async () => {
  const { pace, clock, debtMs } = bench();
  expect(await throttled(webOf(CUT), pace, clock).fetch(TARGET)).toBe(CUT);
  expect(debtMs()).toBe(0);
});

it("a large body is read on only when the debt is paid, whoever has made it", async () => {
  const { pace, clock, to } = bench();
  const get = throttled(
    webOf(answerOf(streamOf([ofBytes(100), ofBytes(50)], CUT)), answerOf(ofBytes(10))),
    pace,
    clock,
  );
  const body = await streamedBy(get);
  expect(await body.next()).toHaveLength(1);
  await get.fetch(TARGET);
  const seen: unknown[] = [];
  void body.next().then((pieces) => seen.push(pieces));
  await to(109);
  expect(seen).toEqual([]);
  await to(110);
  expect(seen).toEqual([ofBytes(50)]);
  void body.next().then((pieces) => seen.push(pieces));
  await to(159);
  expect(seen).toHaveLength(1);
  await to(160);
  expect(seen[1]).toBe(CUT);
});

it("a debt that grows while somebody waits is waited for as well", async () => {
  const { pace, clock, to, nowMs } = bench();
  const body = await streamedBy(throttled(webOf(answerOf(streamOf([ofBytes(1)]))), pace, clock));
  pace.spend(100, nowMs());
  let done = false;
  void body.next().then(() => {
    done = true;
  });
  await to(50);
  pace.spend(100, nowMs());
  await to(199);
  expect(done).toBe(false);
  await to(200);
  expect(done).toBe(true);
});

it("several bodies together keep to the speed, but for one piece each, and none is slower than it must be", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(50), { maxLength: 5 }), { maxLength: 4 }), async (bodies) => {
      const { pace, clock, to, nowMs, debtMs, timers } = bench();
      const total = bodies.flat().reduce((sum, bytes) => sum + bytes, 0);
      const get = throttled(webOf(...bodies.map((body) => answerOf(streamOf(body.map(ofBytes))))), pace, clock);
      let ended = 0;
      let bytes = 0;
      for (const _ of bodies) {
        const body = await streamedBy(get);
        void (async () => {
          for (let pieces = await body.next(); pieces !== undefined; pieces = await body.next()) {
            if ("error" in pieces) return;
            expect(bytes).toBeLessThanOrEqual(nowMs() + 50 * bodies.length);
            bytes += pieces[0]?.length ?? 0;
          }
          ended++;
        })();
      }
      await to(total);
      expect([ended, debtMs() <= 0, timers]).toEqual([bodies.length, true, []]);
    }),
    { numRuns: 30 },
  );
});

it("giving all up ends every wait and leaves no timer", async () => {
  const { pace, clock, timers, nowMs } = bench();
  const web = webOf(answerOf(streamOf([], CUT)), answerOf(streamOf([], CUT)));
  const get = throttled({ ...web, fetch: (...args) => web.fetch(...args), abort: () => web.abort() }, pace, clock);
  const bodies = [await streamedBy(get), await streamedBy(get)];
  pace.spend(1e9, nowMs());
  const waiting = bodies.map((body) => body.next());
  await settled();
  expect(timers).toHaveLength(2);
  get.abort();
  expect(await Promise.all(waiting)).toEqual([CUT, CUT]);
  expect([web.aborted, timers]).toEqual([1, []]);
  expect(await bodies[0]?.next()).toBe(CUT);
  expect(timers).toEqual([]);
});

it("a reader that gives up drops the connection", async () => {
  const { pace, clock } = bench();
  const body = streamOf([]);
  (await streamedBy(throttled(webOf(answerOf(body)), pace, clock))).cancel();
  expect(body.cancelled).toBe(1);
});
