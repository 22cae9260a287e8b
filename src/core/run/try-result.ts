// The result of one try of a job: done, failed, or queued again without a request.

import type { Failure } from "../failure.ts";
import type { Saved, Skipped, Unchanged } from "../job.ts";

/**
 * Each kind has a key of its own as its tag, and no object around it: nearly every try of a run is `Done`.
 *
 * - `outcome` (`Done`): the job's record. `madeRequest` tells whether a request was made.
 * - `error` (`Failure`): why the try failed. `notRequested` is set where no request was made.
 * - `requeue` (`Requeue`): no request was made for the URL, and the job waits for its turn again.
 *
 * A try without a request is not counted as an attempt.
 */
export type TryResult = Done | Failure | Requeue;

export type Done = Saved | Unchanged | Skipped;

export interface Requeue {
  /** `robots`: its robots.txt was read and may require a delay. `redirect`: the next host may start no request now. */
  readonly requeue: "robots" | "redirect";
  /** For the record, where the run is stopped before the next try. */
  readonly detail: string;
}

export function isDone(result: object): result is Done {
  return "outcome" in result;
}

export function isRequeue(result: object): result is Requeue {
  return "requeue" in result;
}

/** False for a file of another line (`duplicate_of`), and for a URL that was skipped without an answer. */
export function madeRequest(done: Done): boolean {
  if (done.outcome === "skipped") return done.status !== undefined;
  return done.outcome === "unchanged" || done.duplicate_of === undefined;
}
