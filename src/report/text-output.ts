// Where reports are written: a file, or a stream with backpressure, whose end by EPIPE is no error.

import type { Writable } from "node:stream";
import { fileAppender } from "../fs/append-file.ts";
import type { TextOutput } from "./formats/report-format.ts";

/** Writes a new file, replacing an existing one. Throws the errno error. */
export function textFile(path: string): TextOutput {
  const file = fileAppender(path, "w");
  return { write: file.append, end: async () => file.close() };
}

/** Writes to `stream`, and does not end it. When `late` aborts, the reader of the stream is no longer waited for. */
export function textStream(stream: Writable, late: AbortSignal): TextOutput {
  let open = true;
  let draining: Promise<void> | undefined;
  let failure: Error | undefined;

  stream.on("error", (error: NodeJS.ErrnoException) => {
    // EPIPE: the reader has closed the pipe (`| head`). That ends the report, not the run.
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
