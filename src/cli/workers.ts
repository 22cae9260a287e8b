// --workers: the number of processes, the options that need a single one, and the start of worker processes.

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { clock } from "../app/clock.ts";
import type { DownloadPlan } from "../app/download.ts";
import type { FetchOptions } from "../app/network/http-client.ts";
import type { SharedSink } from "../app/output/output-registry.ts";
import { descriptorsLeft } from "../app/process-limits.ts";
import { timeOriginMs } from "../app/time-origin.ts";
import type { WorkerPlan } from "../app/worker.ts";
import { OptionError } from "../core/errors.ts";
import type { Get } from "../core/ports.ts";
import type { Executor } from "../core/run/executor.ts";
import { finished } from "../core/run/tally.ts";
import { splitFlags } from "../options/flags.ts";
import type { Row } from "../options/row.ts";
import { TABLE } from "../options/table.ts";
import { worthSpreading } from "../policy/worker-scaling.ts";
import { type PoolOptions, pool } from "../workers/pool.ts";
import { startWorker } from "../workers/worker-handle.ts";
import type { CommandLine } from "./command-line/command-line.ts";

/** Maximum number of processes of `auto`. With more, the process that keeps list and records is the bottleneck. */
const MAX_AUTO_PROCESSES = 4;

/** File descriptors that must stay free when a worker starts: its start takes some six, a URL two, the end of the run two. */
const SPARE_DESCRIPTORS = 16;

/** Maximum number of processes, this one included. Throws an OptionError. */
export function processesFor(line: CommandLine): number {
  const { workers, concurrency } = line;
  const single = needsSingleProcess(line);
  if (single === undefined && concurrency !== "auto") {
    return Math.min(workers === "auto" ? Math.min(availableParallelism(), MAX_AUTO_PROCESSES) : workers, concurrency);
  }
  if (workers === "auto" || workers === 1) return 1;
  throw new OptionError(`--workers ${workers} does not go with ${single}, which needs a single process`);
}

/** The option that needs a single process, as it is typed; undefined where there is none. */
function needsSingleProcess(line: CommandLine): string | undefined {
  for (const [key, { singleProcess, flags = "" }] of Object.entries<Row>(TABLE)) {
    const value: unknown = Object.hasOwn(line, key) ? line[key as keyof CommandLine] : undefined;
    if (singleProcess === undefined) continue;
    const { letter, name } = splitFlags(flags);
    if (singleProcess === true && value !== undefined && value !== false) return name;
    if (value === singleProcess) return `${letter ?? name} ${value}`;
  }
  return undefined;
}

/** Creates the executor that distributes tasks over several processes; undefined for a single process. */
export function spreadOf(
  line: CommandLine,
  web: FetchOptions,
  throttle: Get["throttle"],
  output: SharedSink | undefined,
  note: (text: string) => void,
): DownloadPlan["spread"] {
  const { concurrency } = line;
  if (output === undefined || output.processes < 2 || concurrency === "auto") return undefined;
  const { processes, isForOne: isOwn } = output;
  return (own, { view, sink }): Executor => {
    const worth = worthSpreading();
    const isTime = (done: number) => {
      if (done === 0) return false; // `view` does not exist yet
      const { total, tally } = view();
      const all = total();
      const left = all === undefined ? undefined : all.jobs - finished(tally);
      const activeMs = performance.eventLoopUtilization().active;
      return worth({ finished: done, left, nowMs: clock.nowMs(), activeMs });
    };
    let started = 0;
    const options: PoolOptions = {
      ...{ own, sink, processes, note, concurrency },
      isTime: line.workers === "auto" ? isTime : () => true,
      ...{ isOwn, view },
      start({ named, onReady, onGone, onUnsure }) {
        if (descriptorsLeft() < SPARE_DESCRIPTORS) throw new Error("too few file descriptors (ulimit -n)");
        const plan: WorkerPlan = { web, output: output.plan, named, number: ++started };
        return startWorker({
          program: fileURLToPath(new URL("./worker.cjs", import.meta.url)),
          plan,
          zeroMs: timeOriginMs(),
          throttle,
          onReady,
          onGone,
          onUnsure,
        });
      },
    };
    return pool(options);
  };
}
