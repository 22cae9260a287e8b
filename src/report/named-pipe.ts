// Records to a named pipe, for --report <pipe>: opened when somebody reads it, which holds up outcomes and not the process.

import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Reporter } from "../core/ports.ts";
import { streamed, unread } from "./stream-records.ts";

/** How often it is looked whether somebody reads it, in milliseconds. */
const LOOK_MS = 20;

/** A reader that comes when all is done finds an end, instead of waiting for a writer, if it comes within so many milliseconds. */
const LAST_READER_MS = 1000;

export interface NamedPipeOptions {
  readonly after: (ms: number, act: () => void) => () => void;
  /** Aborted when its reader is waited for no longer. */
  readonly late: AbortSignal;
  /** How long a reader is waited for otherwise, in milliseconds. */
  readonly limitMs: number;
}

/** What comes before there is a reader waits for one: no more than may be under way. */
export function namedPipe(path: string, { after, late, limitMs }: NamedPipeOptions): Reporter {
  let untilMs = performance.now() + limitMs;
  let opened: Opened | undefined;
  let opening: Promise<Opened> | undefined;
  let isAsked = false;

  /** Rejects where nobody comes, or the file system says why not. */
  const open = () =>
    new Promise<Opened>((resolve, reject) => {
      const look = () => {
        try {
          const fd = openToWrite(path);
          if (fd !== undefined) {
            const stream = new Socket({ fd, readable: false, writable: true });
            opened = { stream, reporter: streamed(stream, late) };
            resolve(opened);
          } else if (late.aborted || performance.now() > untilMs) throw unread();
          else after(LOOK_MS, look);
        } catch (error) {
          reject(error);
        }
      };
      look();
    });

  return {
    start() {
      opening = open();
      opening.catch(() => {}); // who waits for it is told
    },
    outcome(outcome) {
      isAsked = true;
      if (opened !== undefined) return opened.reporter.outcome(outcome);
      return opening?.then(({ reporter }) => reporter.outcome(outcome));
    },
    async end(view) {
      if (!isAsked) untilMs = Math.min(untilMs, performance.now() + LAST_READER_MS);
      try {
        const { stream, reporter } = (await opening) ?? {};
        await reporter?.end?.(view);
        stream?.destroy();
      } catch (error) {
        if (isAsked) throw error; // a pipe for nothing that nobody reads is no fault
      }
    },
  };
}

interface Opened {
  readonly stream: Socket;
  readonly reporter: Reporter;
}

/** Undefined where nobody reads it. Throws what else the file system says. */
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
