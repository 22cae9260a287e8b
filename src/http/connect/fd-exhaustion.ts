// When this machine, and not the other side, is why there is no connection: it is out of file descriptors.

import { classify } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";

/** The failure for an error of a connection that was being opened, if any address was given up for want of a descriptor. */
export function fdExhaustion(error: unknown): Failure | undefined {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const cause = errors.find(isFdExhaustion);
  return cause === undefined ? undefined : { ...classify(cause, "connect"), scarce: true };
}

/** EMFILE: of this process; ENFILE: of the whole machine. */
export function isFdExhaustion(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EMFILE" || error.code === "ENFILE");
}
