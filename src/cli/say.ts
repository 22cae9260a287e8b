// What the command writes to stdout and stderr: what it says is named, and safe to show.

import { clock } from "../app/clock.ts";
import { escapedStack } from "../core/escape.ts";
import { withoutUserinfo } from "../core/userinfo.ts";

/** What a reader of stderr that has stopped reading leaves in memory at most, in bytes; what is more is left out. */
const MAX_PENDING_BYTES = 1_048_576;

export function say(text: string): void {
  print(`bulkget: ${escapedStack(withoutUserinfo(text))}\n`);
}

/** Tells a text once, however often it comes: a list may be read several times. */
export function once(tell: (text: string) => void) {
  const told = new Set<string>();
  const notes = {
    /** Who is told, from now on. */
    tell,
    note(text: string): void {
      if (told.has(text)) return;
      told.add(text);
      notes.tell(text);
    },
  };
  return notes;
}

/** Writes to stderr, without passwords: all that the command says goes through here, but for what a bar draws. */
export function print(text: string): void {
  if (process.stderr.writableLength < MAX_PENDING_BYTES) process.stderr.write(withoutUserinfo(text));
}

/** From now on a stderr that cannot be written (its reader or terminal is gone, its disk is full) costs what it would show, and nothing else. */
export function surviveStderr(): void {
  process.stderr.on("error", () => {});
}

/** stdout cannot be written, for want of space or the like. */
export class StdoutError extends Error {}

/** Writes to stdout, the last thing that is written there. Throws a StdoutError; a reader that has gone away is none. */
export async function printOut(text: string): Promise<void> {
  let failure: NodeJS.ErrnoException | null | undefined;
  process.stdout.on("error", () => {}); // it comes to the callback as well
  process.stdout.write(text, (error) => {
    failure = error;
  });
  await flushed(process.stdout);
  if (failure && failure.code !== "EPIPE") throw new StdoutError(`stdout cannot be written: ${failure.message}`);
}

/** What is written at the end is waited for so long, in milliseconds: its reader may not read. */
const FLUSH_MS = 1000;

/** Settled when a stream has handed on what it was given. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(FLUSH_MS, resolve);
    stream.write("", () => {
      cancel();
      resolve();
    });
  });
}
