// Writes small bodies on a second thread, so that the main thread does not wait for the disk.

import type { Worker } from "node:worker_threads";
import { threadFile } from "../../fs/thread-file.ts";
import {
  BODY_BYTES,
  ENQUEUED,
  FINISHED,
  IS_WRITTEN,
  MICROSECONDS,
  OFFSET,
  PART_BYTES,
  PATH_BYTES,
  RING_BYTES,
  SLOTS,
  STOPPED,
  slotOf,
  writerMemory,
} from "./writer-memory.ts";

/** Called with the result of a file and its duration. A file that is not written leaves nothing behind. */
export type OnWritten = (isWritten: boolean, ms: number) => void;

export interface WriterThread {
  /**
   * Copies a body for the file `path`, which is written as the new file `part` and renamed. Calls `onWritten` once,
   * later. False where the queue is full.
   */
  enqueue(part: string, path: string, pieces: readonly Uint8Array[], onWritten: OnWritten): boolean;
  /** Nothing is renamed any more: queued files are soon reported as not written. */
  stop(): void;
  /** Reports all queued files as not written, at once. Returns whether the thread is still writing. */
  abandon(): boolean;
  /** Resolves when the thread has ended; for use after `abandon` and `close`. */
  idle(): Promise<void>;
  /** Ends the thread. Queued files are reported as not written. */
  close(): void;
}

/**
 * From this length on, in bytes, `fill` copies into shared memory three times as fast as `set`; below it, `set` is
 * faster.
 */
const FILL_MIN_BYTES = 4096;

/** The thread is woken once for 32 files, or at the end of a turn of the event loop: waking it costs more than a file. */
const WAKE_BATCH = 32;

/** Results are collected with each new file, and every 2 ms: a message from the thread would cost more. */
const POLL_MS = 2;

/** Starts the thread; undefined where that is not possible. File-system calls take 40 % of a small URL's time. */
export function writerThread(): WriterThread | undefined {
  const file = threadFile("writer-thread");
  if (file === undefined) return undefined;
  const { Worker } = process.getBuiltinModule("node:worker_threads"); // start-up counts, and short lists need none
  const memory = writerMemory();
  const { counters, slots, ring } = memory;
  const text = Buffer.from(ring.buffer);
  /** By slot: the callback, and the bytes of the ring buffer that are free after it. */
  const callbacks: (OnWritten | undefined)[] = new Array(SLOTS).fill(undefined);
  const reserved = new Int32Array(SLOTS);
  let enqueued = 0;
  let published = 0;
  let finished = 0;
  let end = 0; // of the last file in the ring buffer
  let free = RING_BYTES;
  let timer: NodeJS.Timeout | undefined;
  let isWakeDue = false;
  let isCollecting = false;
  let hasEnded = false;
  let thread: Worker;
  try {
    thread = new Worker(file, { execArgv: [], env: {}, workerData: memory });
  } catch {
    return undefined;
  }
  const abandon = (): boolean => {
    collect();
    hasEnded = true;
    const isWriting = finished !== enqueued;
    while (finished !== enqueued) shift()(false, 0);
    return isWriting;
  };
  const ended = new Promise<void>((resolve) => thread.on("exit", () => resolve()));
  thread.on("error", abandon).on("exit", abandon);
  thread.unref(); // the timer keeps the process alive while files are queued

  return {
    enqueue(part, path, pieces, onWritten) {
      collect();
      if (hasEnded || ((enqueued - finished) | 0) === SLOTS) return false;
      let length = 0;
      for (const piece of pieces) length += piece.length;
      const maxBytes = (part.length + path.length) * 3 + length; // a UTF-16 unit has at most 3 bytes in UTF-8
      const skipped = end + maxBytes > RING_BYTES ? RING_BYTES - end : 0;
      if (skipped + maxBytes > free) return false;
      const at = skipped > 0 ? 0 : end;
      const pathAt = at + text.write(part, at);
      const bodyAt = pathAt + text.write(path, pathAt);
      end = bodyAt;
      for (const piece of pieces) {
        if (piece.length < FILL_MIN_BYTES) ring.set(piece, end);
        else text.fill(piece, end, end + piece.length);
        end += piece.length;
      }
      const slot = slotOf(enqueued);
      slots[slot + OFFSET] = at;
      slots[slot + PART_BYTES] = pathAt - at;
      slots[slot + PATH_BYTES] = bodyAt - pathAt;
      slots[slot + BODY_BYTES] = length;
      const index = enqueued & (SLOTS - 1);
      callbacks[index] = onWritten;
      reserved[index] = skipped + end - at;
      free -= skipped + end - at;
      enqueued = (enqueued + 1) | 0;
      if (((enqueued - published) | 0) >= WAKE_BATCH) publish();
      else if (!isWakeDue) {
        isWakeDue = true;
        setImmediate(publish);
      }
      timer ??= setTimeout(poll, POLL_MS);
      return true;
    },
    stop: () => void Atomics.store(counters, STOPPED, 1),
    abandon,
    idle: () => ended,
    close() {
      clearTimeout(timer);
      void thread.terminate();
    },
  };

  /** Makes enqueued files visible to the thread, and wakes it. */
  function publish(): void {
    isWakeDue = false;
    if (published === enqueued) return;
    published = enqueued;
    Atomics.store(counters, ENQUEUED, enqueued);
    Atomics.notify(counters, ENQUEUED);
  }

  function poll(): void {
    timer = undefined;
    collect();
    if (finished !== enqueued) timer ??= setTimeout(poll, POLL_MS);
  }

  /** Removes the oldest file from the queue; returns its callback. */
  function shift(): OnWritten {
    const index = finished & (SLOTS - 1);
    const onWritten = callbacks[index];
    if (onWritten === undefined) throw new Error("the thread finished more files than were enqueued");
    callbacks[index] = undefined;
    free += reserved[index] ?? 0;
    finished = (finished + 1) | 0;
    return onWritten;
  }

  /** Calls the callbacks of finished files, which may enqueue more. */
  function collect(): void {
    if (isCollecting || hasEnded) return;
    isCollecting = true;
    for (const until = Atomics.load(counters, FINISHED); finished !== until; ) {
      const slot = slotOf(finished);
      shift()(slots[slot + IS_WRITTEN] === 1, (slots[slot + MICROSECONDS] ?? 0) / 1000);
    }
    isCollecting = false;
  }
}
