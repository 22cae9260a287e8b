// The view of a whole fleet: the counts of its committed chunks, and of those that are under way now.

import type { View } from "../../core/ports.ts";
import { add, emptyTally, finished, type Tally } from "../../core/run/tally.ts";
import { type TallyJson, tallyFromJson } from "../../core/run/tally-json.ts";
import type { ActiveChunk } from "../../queue/observer.ts";
import type { FailingHost, FailingHosts } from "../../report/failing-hosts.ts";
import { clock } from "../clock.ts";
import type { AttemptResults } from "./commit/attempt-results.ts";
import type { ChunkProgress } from "./messages.ts";
import type { FleetPlan } from "./plan.ts";

/** What is stored of a committed chunk. */
export interface DoneEntry {
  readonly c: number;
  readonly t: TallyJson;
  readonly h: readonly FailingHost[];
  /** When it was committed, in milliseconds since 1970. */
  readonly e: number;
}

export interface FleetView {
  readonly view: View;
  readonly hosts: FailingHosts;
  /** The committed chunks. */
  readonly done: ReadonlySet<number>;
  /** Counts a committed chunk; one that is counted already is left alone. */
  addDone(entry: DoneEntry): void;
  /** The same by its results, where the queue has lost its entry. */
  addResults(chunk: number, results: AttemptResults, committedAtMs: number): void;
  /** Replaces what is known of the chunks under way. */
  setActive(active: readonly ActiveChunk[]): void;
  stop(): void;
}

/** `planNow`: how many chunks there are is known when all are enqueued. */
export function fleetView(planNow: () => FleetPlan): FleetView {
  const plan = planNow();
  const begunMs = clock.nowMs() - Math.max(0, Date.now() - Date.parse(plan.begin));
  const done = new Set<number>();
  const doneTally = emptyTally();
  const hosts = mergedHosts();
  let tally = emptyTally();
  let active: readonly ChunkProgress[] = [];
  let peakInFlight = 0;
  let isStopped = false;
  let lastAtMs = 0;

  const sum = (key: "inFlight" | "waiting" | "retrying") => active.reduce((all, one) => all + one[key], 0);
  const recount = () => {
    tally = emptyTally();
    add(tally, doneTally);
    for (const one of active) add(tally, tallyFromJson(one.tally));
  };
  const addChunk = (chunk: number, counts: Tally, failing: readonly FailingHost[]) => {
    if (done.has(chunk)) return;
    done.add(chunk);
    add(doneTally, counts);
    hosts.add(failing);
  };

  return {
    done,
    hosts,
    addDone({ c, t, h, e }) {
      lastAtMs = Math.max(lastAtMs, e);
      addChunk(c, tallyFromJson(t), h);
    },
    addResults(chunk, results, committedAtMs) {
      lastAtMs = Math.max(lastAtMs, committedAtMs);
      addChunk(chunk, results.tally, results.hosts);
    },
    setActive(chunks) {
      const own = chunks.filter(({ run, n }) => run === plan.run && !done.has(n));
      active = own.map(({ progress }) => progress as ChunkProgress).filter(({ tally: counts }) => counts !== undefined); // of a worker
      recount();
      peakInFlight = Math.max(peakInFlight, sum("inFlight"));
    },
    stop() {
      isStopped = true;
    },
    view: {
      get tally() {
        return tally;
      },
      get concurrency() {
        const { concurrency = 50 } = plan.options;
        return (typeof concurrency === "number" ? concurrency : 1) * Math.max(1, active.length);
      },
      get inFlight() {
        return sum("inFlight");
      },
      get peakInFlight() {
        return peakInFlight;
      },
      get retrying() {
        return sum("retrying");
      },
      get waiting() {
        return sum("waiting");
      },
      get isStopped() {
        return isStopped;
      },
      get elapsedMs() {
        const isDone = done.size === planNow().chunks && lastAtMs > 0;
        return isDone ? lastAtMs - Date.parse(plan.begin) : clock.nowMs() - begunMs;
      },
      open: new Map(),
      transfers: () => [],
      linesOf: () => undefined,
      nowMs: () => clock.nowMs(),
      receivedBytes: () => doneTally.bytes + active.reduce((all, { receivedBytes }) => all + receivedBytes, 0),
      total() {
        const { chunks, lines, listBytes } = planNow();
        if (done.size === chunks) return { jobs: finished(tally), exact: true };
        // Blank lines and comments are counted in the lines of a list that was split by its bytes.
        return lines === undefined ? undefined : { jobs: lines, exact: listBytes === undefined };
      },
    },
  };
}

/** Failing hosts of many chunks: of each chunk those with the most failures are known. */
function mergedHosts() {
  const counts = new Map<string, { failed: number; missed: number; readonly reasons: Map<string, number> }>();
  const merged: FailingHosts & { add(hosts: readonly FailingHost[]): void } = {
    add(hosts) {
      for (const { host, failed, missed, reasons } of hosts) {
        const of = counts.get(host) ?? { failed: 0, missed: 0, reasons: new Map<string, number>() };
        counts.set(host, of);
        of.failed += failed;
        of.missed += missed;
        for (const [reason, times] of reasons) of.reasons.set(reason, (of.reasons.get(reason) ?? 0) + times);
      }
    },
    outcome() {},
    top(most) {
      const all = [...counts].sort(([, a], [, b]) => b.failed - a.failed).slice(0, most);
      const hosts = all.map(([host, { failed, missed, reasons }]) => {
        return { host, failed, missed, reasons: [...reasons].sort(([, a], [, b]) => b - a) };
      });
      return { hosts, others: counts.size - hosts.length, isComplete: true };
    },
  };
  return merged;
}
