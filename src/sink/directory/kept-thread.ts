// Keeps a writer thread for the next run of a process: starting one takes as long as 500 small bodies.

import { type WriterThread, writerThread } from "./writer-thread.ts";

export interface KeptThread {
  /** Returns the thread that an earlier run has closed, or starts one; undefined where that is not possible. */
  start(): WriterThread | undefined;
  /** Whether there is one: then a run need not wait until bodies arrive fast. */
  readonly isThere: boolean;
}

/** For one run at a time. */
export function keptWriterThread(startNew = writerThread): KeptThread {
  let kept: WriterThread | undefined;
  return {
    start() {
      const thread = kept ?? startNew();
      kept = undefined;
      const keep = () => {
        kept = thread;
      };
      return thread && forOneRun(thread, keep);
    },
    get isThere() {
      return kept !== undefined;
    },
  };
}

/** The thread for one run. `onQuiet`: it was closed with nothing under way, and can write for another run. */
function forOneRun(thread: WriterThread, onQuiet: () => void): WriterThread {
  let underWay = 0;
  let isStopped = false;
  let isQuiet = false;
  return {
    enqueue(part, path, pieces, onWritten) {
      const isTaken = thread.enqueue(part, path, pieces, (isWritten, ms) => {
        underWay--;
        onWritten(isWritten, ms);
      });
      if (isTaken) underWay++;
      return isTaken;
    },
    stop() {
      isStopped = true;
      thread.stop();
    },
    abandon() {
      isStopped = true;
      return thread.abandon();
    },
    idle: () => (isQuiet ? Promise.resolve() : thread.idle()),
    close() {
      isQuiet = underWay === 0 && !isStopped;
      if (isQuiet) onQuiet();
      else thread.close();
    },
  };
}
