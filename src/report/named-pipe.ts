// Writes a report into a named pipe: waits for a reader without blocking the process, with a limit.

import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { TextOutput } from "./formats/report-format.ts";
import { textStream, unread } from "./text-output.ts";

/** Milliseconds between two attempts to open the pipe. */
const OPEN_INTERVAL_MS = 20;

/** How long an empty report waits for a reader at the end, in milliseconds: one that opens the pipe later waits for a writer. */
const LAST_READER_MS = 1000;

export interface NamedPipeOptions {
  readonly after: (ms: number, act: () => void) => () => void;
  /** Aborts when the reader is no longer waited for. */
  readonly late: AbortSignal;
  /** Maximum wait for a reader otherwise, in milliseconds. */
  readonly limitMs: number;
}

/** Texts that are written before the pipe has a reader wait for one: at most the outcomes of the URLs in flight. */
export function namedPipe(path: string, { after, late, limitMs }: NamedPipeOptions): TextOutput {
  let untilMs = performance.now() + limitMs;
  let opened: Opened | undefined;
  let opening: Promise<Opened> | undefined;
  let isWritten = false;

  /** Rejects if no reader opens the pipe in time, or with an errno error. */
  const open = () =>
    new Promise<Opened>((resolve, reject) => {
      const tryOpen = () => {
        try {
          const fd = openToWrite(path);
          if (fd !== undefined) {
            const stream = new Socket({ fd, readable: false, writable: true });
            opened = { stream, output: textStream(stream, late) };
            resolve(opened);
          } else if (late.aborted || performance.now() > untilMs) throw unread();
          else after(OPEN_INTERVAL_MS, tryOpen);
        } catch (error) {
          reject(error);
        }
      };
      tryOpen();
    });

  return {
    start() {
      opening = open();
      opening.catch(() => {}); // `write` and `end` reject with it
    },
    write(text) {
      isWritten = true;
      if (opened !== undefined) return opened.output.write(text);
      return opening?.then(({ output }) => output.write(text));
    },
    async end() {
      if (!isWritten) untilMs = Math.min(untilMs, performance.now() + LAST_READER_MS);
      try {
        const { stream, output } = (await opening) ?? {};
        await output?.end();
        stream?.destroy();
      } catch (error) {
        if (isWritten) throw error; // an empty report without a reader is no failure
      }
    },
  };
}

interface Opened {
  readonly stream: Socket;
  readonly output: TextOutput;
}

/** Opens the pipe; undefined if it has no reader (ENXIO, fifo(7)). Throws any other errno error. */
function openToWrite(path: string): number | undefined {
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    if (fstatSync(fd).isFIFO()) return fd;
    closeSync(fd);
    throw new Error(`${path} is no pipe any more`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENXIO") return undefined;
    throw error;
  }
}
