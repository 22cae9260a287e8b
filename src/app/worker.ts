// A process that helps the one with the list, the lock and the journal: it fetches, and writes files.

import { Socket } from "node:net";
import { serve } from "../workers/serve.ts";
import { clock } from "./clock.ts";
import { exitProcess } from "./exit-process.ts";
import { type FetchOptions, httpClient } from "./http-client.ts";
import { openSharedSink, type SharedSinkPlan } from "./output-registry.ts";
import { timeOriginMs } from "./time-origin.ts";

/** What it is told at first; plain data. */
export interface WorkerPlan {
  readonly web: FetchOptions;
  /** Where it writes. */
  readonly output: SharedSinkPlan;
  /** The list names files itself. */
  readonly named: boolean;
  /** Its number, from 1: no other process of this run has had it. */
  readonly helper: number;
}

/** The pipe to the run's process. */
const PIPE_FD = 3;

/** Works until the run's process has no more to do, or is gone. */
export function work(): void {
  // A terminal sends ^C to all processes: when to stop is for the run's own to say. SIGUSR1 opens Node's debugger.
  for (const signal of ["SIGUSR1", "SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  serve(new Socket({ fd: PIPE_FD, readable: true, writable: true }), {
    clock,
    zeroMs: timeOriginMs(),
    begin(plan, account) {
      const { web, output, named, helper } = plan as WorkerPlan;
      const sink = openSharedSink(output, helper);
      sink.share?.(named);
      return { get: httpClient(web, () => account), sink };
    },
    leave: () => exitProcess(0),
  });
}
