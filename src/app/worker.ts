// A worker process of --workers: fetches URLs and writes files for the run's process, which has list, lock and journal.

import { Socket } from "node:net";
import { serve } from "../workers/serve.ts";
import { clock } from "./clock.ts";
import { exitProcess } from "./exit-process.ts";
import { httpClient } from "./network/http-client.ts";
import { openSharedSink, type SharedSinkPlan } from "./output/output-registry.ts";
import { timeOriginMs } from "./time-origin.ts";

/** The first message to a worker: plain data. */
export interface WorkerPlan {
  readonly web: Parameters<typeof httpClient>[0];
  readonly output: SharedSinkPlan;
  /** Whether lines of the list have file names. */
  readonly named: boolean;
  /** Number of the worker, from 1, unique in this run. */
  readonly number: number;
}

/** File descriptor of the pipe to the run's process. */
const PIPE_FD = 3;

/** Serves the run's process until that closes the pipe or ends. */
export function work(): void {
  // A terminal sends ^C to all processes of its group; the run's process decides when to stop. SIGUSR1 opens Node's debugger.
  for (const signal of ["SIGUSR1", "SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  serve(new Socket({ fd: PIPE_FD, readable: true, writable: true }), {
    clock,
    zeroMs: timeOriginMs(),
    begin(plan, account) {
      const { web, output, named, number } = plan as WorkerPlan;
      const sink = openSharedSink(output, number);
      sink.share?.(named);
      return { get: httpClient(web, () => account), sink };
    },
    leave: () => exitProcess(0),
  });
}
