// Detects connection failures that are caused by a lack of file descriptors on this machine (EMFILE, ENFILE).

import { classify } from "./classify.ts";
import type { Failure } from "./failure.ts";

/** Returns a failure marked `fdsExhausted` if an attempt to connect ended for lack of a file descriptor; otherwise undefined. */
export function fdExhaustion(error: unknown): Failure | undefined {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const cause = errors.find(isFdExhaustion);
  return cause === undefined ? undefined : { ...classify(cause, "connect"), fdsExhausted: true };
}

/** EMFILE: the limit of this process; ENFILE: the limit of the machine. */
export function isFdExhaustion(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EMFILE" || error.code === "ENFILE");
}
