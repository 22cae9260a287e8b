// The health of a host after a finished try: strikes, exponential back-off, and its limit of tries at a time.

import type { Failure } from "../failure.ts";
import type { Host } from "./host.ts";
import { refusalOf } from "./refusal.ts";
import type { Slowdowns } from "./slowed.ts";
import type { FrontierOptions, HostSignal, Task } from "./task.ts";

/** Strikes in a row after which a host is closed. One that has answered before is closed after 10 minutes at the earliest. */
const MAX_STRIKES = 4;
const MIN_FAILING_MS = 600_000;
const MAX_BACKOFF_MS = 60_000;
const LONG_AGO = Number.NEGATIVE_INFINITY;

export interface Try {
  readonly task: Task;
  readonly signal: HostSignal;
  readonly failure: Failure | undefined;
  readonly nowMs: number;
  /** The number of the last start of any task. */
  readonly starts: number;
}

/** Updates the health of a host after a try. `onSlowed` is called where the host gets fewer requests, or later ones. */
export function updateHealth(host: Host, ended: Try, options: HealthOptions, onSlowed: Slowdowns["record"]): void {
  const { task, signal, starts } = ended;
  const { limits } = host;
  if (host.failing?.probe === task) host.failing.probe = undefined;
  if (signal === "neutral" || signal === "not_requested") return;
  if (signal === "unreachable" || signal === "silent") {
    if (task.started <= Math.max(host.lastStrike, host.lastOkStart) || ended.failure === undefined) return;
    if (signal === "unreachable" || task.attempts <= 1) strike(host, ended.failure, ended, onSlowed);
    else host.failing = undefined; // it accepts connections; the URL was silent before, and is the cause
    return;
  }
  host.lastOkStart = starts;
  host.failing = undefined;
  if (signal === "overloaded")
    limits.overload ??= options.overloadLimit(() => Math.min(options.perHost, options.concurrency));
  if (limits.overload === undefined || task.started <= limits.lowered) return;
  const before = limits.overload.limit;
  limits.overload.record(signal === "overloaded");
  limits.most = limits.overload.limit;
  if (limits.overload.limit >= before) return;
  limits.lowered = starts;
  if (ended.failure !== undefined) onSlowed(host, ended.failure, ended.nowMs);
}

type HealthOptions = Pick<FrontierOptions, "perHost" | "concurrency" | "overloadLimit">;

function strike(host: Host, failure: Failure, { nowMs, starts }: Try, onSlowed: Slowdowns["record"]): void {
  host.failing ??= { strikes: 0, sinceMs: nowMs, parkedMs: LONG_AGO, probe: undefined, refusal: undefined };
  const { failing } = host;
  host.lastStrike = starts;
  failing.strikes++;
  failing.parkedMs = nowMs + Math.min(MAX_BACKOFF_MS, 1000 * 2 ** (failing.strikes - 1));
  onSlowed(host, failure, nowMs);
  if (failing.strikes < MAX_STRIKES || (host.lastOkStart > 0 && nowMs - failing.sinceMs < MIN_FAILING_MS)) return;
  failing.refusal = refusalOf(failure, `${host.host} failed ${failing.strikes} times in a row`);
}
