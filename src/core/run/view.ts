// A live, read-only look at a run, for whoever shows it.

import type { Job } from "../job.ts";
import type { Source, View } from "../ports.ts";
import type { Frontier } from "../scheduler/task.ts";
import type { TimerClock } from "../structures/deadline-timer.ts";
import type { LinkedList, ListNode } from "../structures/linked-list.ts";
import type { Tally } from "./tally.ts";

/** A job that is under way. */
export interface Open extends ListNode<Open> {
  readonly job: Job;
  readonly beganMs: number;
}

/** What a run counts as it goes on. */
export interface Counts {
  inFlight: number;
  peakInFlight: number;
  readonly startedMs: number;
  endedMs: number | undefined;
}

export interface ViewOptions {
  readonly counts: Counts;
  readonly tally: Tally;
  readonly open: LinkedList<Open>;
  readonly concurrency: () => number;
  readonly source: Source;
  readonly frontier: Frontier;
  readonly clock: TimerClock;
  readonly receivedBytes: () => number;
  readonly stop: AbortController;
  readonly auto?: View["auto"];
}

export function viewOf({ counts, tally, open, source, frontier, clock, ...options }: ViewOptions): View {
  return {
    tally,
    get open() {
      return new Map(Array.from(open, ({ job, beganMs }) => [job, beganMs]));
    },
    get concurrency() {
      return options.concurrency();
    },
    get inFlight() {
      return counts.inFlight;
    },
    get peakInFlight() {
      return counts.peakInFlight;
    },
    get waiting() {
      return frontier.waiting;
    },
    get elapsedMs() {
      return (counts.endedMs ?? clock.nowMs()) - counts.startedMs;
    },
    get isStopped() {
      return options.stop.signal.aborted;
    },
    ...(source.doneEarlier === undefined ? {} : { doneEarlier: source.doneEarlier }),
    nowMs: () => clock.nowMs(),
    receivedBytes: options.receivedBytes,
    ...(options.auto === undefined ? {} : { auto: options.auto }),
    total: () => source.total(),
  };
}
