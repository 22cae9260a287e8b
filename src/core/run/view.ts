// A live, read-only view of a run, for its reporters.

import type { Source, View } from "../ports.ts";
import type { HostFigures } from "../scheduler/slowed.ts";
import type { Frontier, Task } from "../scheduler/task.ts";
import type { TimerClock } from "../structures/deadline-timer.ts";
import type { LinkedList, ListNode } from "../structures/linked-list.ts";
import type { TransferView } from "../transfer.ts";
import type { Slots } from "./slots.ts";
import type { Tally } from "./tally.ts";

/** A job in flight. */
export interface Open extends ListNode<Open> {
  readonly task: Task;
  readonly beganMs: number;
}

/** When a run started and ended. */
export interface Times {
  readonly startedMs: number;
  endedMs: number | undefined;
}

export interface ViewOptions {
  readonly slots: Slots<Task>;
  readonly times: Times;
  readonly tally: Tally;
  readonly open: LinkedList<Open>;
  readonly source: Source;
  readonly frontier: Frontier;
  readonly clock: TimerClock;
  readonly receivedBytes: () => number;
  readonly stop: AbortController;
  readonly auto?: View["auto"];
  readonly hosts?: HostFigures | undefined;
  readonly retrying: () => number;
}

export function viewOf({ slots, times, tally, open, source, frontier, clock, ...options }: ViewOptions): View {
  return {
    tally,
    get open() {
      return new Map(Array.from(open, ({ task, beganMs }) => [task.job, beganMs]));
    },
    transfers: () => transfersOf(open),
    get concurrency() {
      return slots.concurrency;
    },
    get inFlight() {
      return slots.busy;
    },
    get peakInFlight() {
      return slots.peak;
    },
    get waiting() {
      return frontier.waiting;
    },
    get retrying() {
      return options.retrying();
    },
    get slowed() {
      return options.hosts?.slowed;
    },
    linesOf: (host) => options.hosts?.linesOf(host),
    get elapsedMs() {
      return (times.endedMs ?? clock.nowMs()) - times.startedMs;
    },
    get isStopped() {
      return options.stop.signal.aborted;
    },
    get doneEarlier() {
      return source.doneEarlier;
    },
    nowMs: () => clock.nowMs(),
    receivedBytes: options.receivedBytes,
    auto: options.auto,
    total: () => source.total(),
  };
}

function transfersOf(open: LinkedList<Open>): TransferView[] {
  const transfers: TransferView[] = [];
  for (const { task, beganMs } of open) {
    if (task.transfer === undefined) continue;
    const { wholeBytes, bytesSoFar } = task.transfer;
    transfers.push({ job: task.job, sinceMs: beganMs, bytes: bytesSoFar(), wholeBytes });
  }
  return transfers;
}
