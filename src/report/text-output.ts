// The outputs of reports: a stream, with its backpressure and a quiet end where its reader has gone; and a file.

import type { Writable } from "node:stream";
import { fileAppender } from "../fs/append-file.ts";
import type { TextOutput } from "./formats/report-format.ts";

/** Replaces a file that is there. Throws the errno error. */
export function textFile(path: string): TextOutput {
  const file = fileAppender(path, "w");
  return { write: file.append, end: async () => file.close() };
}

/** Writes to `stream`, which it does not end. When `late` is aborted, nothing waits for the stream's reader any more. */
export function textStream(stream: Writable, late: AbortSignal): TextOutput {
  let open = true;
  let draining: Promise<void> | undefined;
  let failure: Error | undefined;

  stream.on("error", (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader has read enough (`| head`). That ends the report, not the downloads.
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
    write(text) {
      if (failure !== undefined) throw failure;
      if (!open || stream.write(text)) return;
      draining ??= drained();
      return draining;
    },
    async end() {
      if (open && stream.writableLength > 0) await drained();
      if (failure !== undefined) throw failure;
    },
  };
}

/** The error of an output whose reader did not read in time. */
export function unread(): Error {
  return new Error("nobody reads it");
}
