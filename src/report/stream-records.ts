// Records to a stream, for --report -: with its backpressure, and a quiet end where its reader has gone away.

import type { Writable } from "node:stream";
import type { Reporter } from "../core/ports.ts";
import { serializeOutcome } from "../core/serialize-outcome.ts";

/** Writes records to `stream`, which it does not end. When `late` is aborted, nobody waits for its reader any more. */
export function streamed(stream: Writable, late: AbortSignal): Reporter {
  let open = true;
  let draining: Promise<void> | undefined;
  let failure: Error | undefined;

  stream.on("error", (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader has what it wanted (`| head`). That ends the reporting, not the downloads.
    open = false;
    if (error.code !== "EPIPE") failure = error;
  });
  stream.on("close", () => {
    open = false;
  });

  const drained = () =>
    new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ["drain", "close", "error"]) stream.off(event, done);
        late.removeEventListener("abort", tooLate);
        draining = undefined;
        resolve();
      };
      const tooLate = () => {
        failure = unread();
        done();
      };
      for (const event of ["drain", "close", "error"]) stream.on(event, done);
      if (late.aborted) tooLate();
      else late.addEventListener("abort", tooLate);
    });

  return {
    outcome(outcome) {
      if (failure !== undefined) throw failure;
      if (!open || (outcome.outcome === "failed" && outcome.error === "interrupted")) return;
      if (stream.write(serializeOutcome(outcome))) return;
      draining ??= drained();
      return draining;
    },
    async end() {
      if (open && stream.writableLength > 0) await drained();
      if (failure !== undefined) throw failure;
    },
  };
}

/** Why a reader is not waited for any longer. */
export function unread(): Error {
  return new Error("nobody reads it");
}
