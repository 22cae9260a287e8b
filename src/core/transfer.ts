// A body that is still arriving, for reporters: how much of it is here.

import type { Job } from "./job.ts";

export interface Transfer {
  /** The length of the whole body in bytes, if known. */
  readonly wholeBytes: number | undefined;
  /** Returns the bytes that are here, those of an earlier try included. */
  bytesSoFar(): number;
}

/** A transfer at one moment. */
export interface TransferView {
  readonly job: Job;
  /** When its try started, in milliseconds of the run's clock. */
  readonly sinceMs: number;
  readonly bytes: number;
  readonly wholeBytes: number | undefined;
}
