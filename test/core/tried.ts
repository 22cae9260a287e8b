// One try for tests: of a task that is as the test says, on a clock that goes on by itself.

import type { Failure } from "../../src/core/failure.ts";
import type { Job, KnownFile } from "../../src/core/job.ts";
import type { Answer, Get, PartialBody, RequestConditions, Sink } from "../../src/core/ports.ts";
import { attempt } from "../../src/core/run/attempt.ts";
import type { Clock } from "../../src/core/run/outcomes.ts";
import type { RobotsPolicy } from "../../src/core/run/robots-policy.ts";
import type { TryResult } from "../../src/core/run/try-result.ts";
import type { Task } from "../../src/core/scheduler/task.ts";
import { TIME } from "./outcomes.ts";

export const JOB: Job = { n: 42, url: "https://example.org/a" };
export const ANSWER: Answer = { status: 200, lengthVerified: true, ttfbMs: 4.06, body: [] };

export const KNOWN: KnownFile = { file: "000042.html", bytes: 77, etag: '"old"', type: "text/html" };

export interface Ports {
  readonly fetch?: (target: URL, ask: RequestConditions | undefined) => Answer | Failure | Promise<Answer | Failure>;
  readonly write?: Sink["write"];
  readonly kept?: PartialBody;
  readonly drop?: (job: Job) => void;
  readonly robots?: RobotsPolicy;
  /** Default: one that every look at it finds 7.777 ms later. */
  readonly clock?: Clock;
}

export type Started = Partial<Omit<Task, "job">>;

function impatient(): Clock {
  let ms = 0;
  return {
    nowMs() {
      ms += 7.777;
      return ms;
    },
    timestamp: () => TIME,
  };
}

/** Tries a job. */
export async function tried(job: Job, ports: Ports = {}, started: Started = {}): Promise<TryResult> {
  const { fetch = () => ANSWER, write = () => ({ bytes: 9 }), kept, drop, robots, clock = impatient() } = ports;
  const get: Get = {
    fetch: async (target, ask) => fetch(target, ask),
    resize() {},
    receivedBytes: () => 0,
    abort() {},
    close() {},
    ...(robots && { robots }),
  };
  const sink: Sink = { write, close() {}, ...(kept && { partialOf: () => kept }), ...(drop && { drop }) };
  const result = await attempt({ get, sink, clock })(taskOf(job, started));
  return "storing" in result ? result.storing : result;
}

/** A task at its first try, read just when that began. */
export function taskOf(job: Job, over: Started = {}): Task {
  const { host } = new URL(JOB.url);
  const none = { retriedAfter: undefined, refused: undefined, transfer: undefined };
  const first = { attempts: 1, addedMs: 7.777, spentMs: 0, started: 1, ...none };
  return { job, host, home: host, ahead: undefined, holds: 0, ...first, ...over };
}
