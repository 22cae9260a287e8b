// Writes messages to stderr and results to stdout, without passwords and control characters.

import { clock } from "../app/clock.ts";
import { escapedStack } from "../core/text/escape.ts";
import { withoutUserinfo } from "../core/url/userinfo.ts";

/** Maximum number of bytes that wait for a reader of stderr; later messages are dropped. */
const MAX_PENDING_BYTES = 1_048_576;

/** Prints a message, behind the command's name. */
export function log(text: string): void {
  printStderr(`bulkget: ${escapedStack(withoutUserinfo(text))}\n`);
}

/** Prints each text once: a list may be read several times. */
export function once(print: (text: string) => void) {
  const printed = new Set<string>();
  const notes = {
    /** Called with each new text; may be replaced. */
    print,
    note(text: string): void {
      if (printed.has(text)) return;
      printed.add(text);
      notes.print(text);
    },
  };
  return notes;
}

/** Writes to stderr, without passwords: everything except what the progress bar draws. */
export function printStderr(text: string): void {
  if (process.stderr.writableLength < MAX_PENDING_BYTES) process.stderr.write(withoutUserinfo(text));
}

/** Ignores errors of stderr (its reader or terminal is gone, its disk is full), so that they do not end the run. */
export function surviveStderr(): void {
  process.stderr.on("error", () => {});
}

/** stdout cannot be written: the disk is full, for example. */
export class StdoutError extends Error {}

/** Writes the last text to stdout. Throws a StdoutError, but not where the reader closed the pipe. */
export async function printStdout(text: string): Promise<void> {
  let failure: NodeJS.ErrnoException | null | undefined;
  process.stdout.on("error", () => {}); // the callback gets the error as well
  process.stdout.write(text, (error) => {
    failure = error;
  });
  await flushed(process.stdout);
  if (failure && failure.code !== "EPIPE") throw new StdoutError(`stdout cannot be written: ${failure.message}`);
}

let isStdoutWatched = false;

/** Writes bytes to stdout, as fast as its reader takes them. False where the reader has closed the pipe. Throws a StdoutError. */
export async function writeStdout(bytes: Uint8Array): Promise<boolean> {
  if (!isStdoutWatched) process.stdout.on("error", () => {}); // the callback gets the error as well
  isStdoutWatched = true;
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    process.stdout.write(bytes, resolve);
  });
  if (error && error.code !== "EPIPE") throw new StdoutError(`stdout cannot be written: ${error.message}`);
  return !error;
}

/** Maximum wait for a reader at the end, in milliseconds. */
const FLUSH_MS = 1000;

/** Resolves when a stream has written everything, or after the maximum wait. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(FLUSH_MS, resolve);
    stream.write("", () => {
      cancel();
      resolve();
    });
  });
}
