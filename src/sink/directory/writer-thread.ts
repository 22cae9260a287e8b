// Writes small bodies on a second thread, so that the main thread does not wait for the disk: files are 40 % of a small URL's time.

import type * as fs from "node:fs";
import type { Worker } from "node:worker_threads";
import { CREATE_FLAGS, NEW_FILE_MODE } from "../../fs/open-nofollow.ts";

/** Called with the result of a file and its duration. A file that is not written leaves nothing behind. */
export type OnWritten = (isWritten: boolean, ms: number) => void;

export interface WriterThread {
  /**
   * Copies a body for the file `path`, which is written as the new file `part` and renamed. Calls `onWritten` once, later. False
   * where the queue is full.
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

/** Maximum number of queued files, a power of two; and size of the ring buffer for paths and bodies, in bytes. */
const SLOTS = 256;
const RING_BYTES = 4_194_304;

/** From this length on, in bytes, `fill` copies into shared memory three times as fast as `set`; below it, `set` is faster. */
const FILL_MIN_BYTES = 4096;

/** The thread is woken once for 32 files, or at the end of a turn of the event loop: waking it costs more than a file. */
const WAKE_BATCH = 32;

/** Results are collected with each new file, and every 2 ms: a message from the thread would cost more. */
const POLL_MS = 2;

/** Indexes of the shared counters of enqueued and finished files, which wrap around; and of the flag that ends all writing. */
const ENQUEUED = 0;
const FINISHED = 1;
const STOPPED = 2;

/** A slot: offset in the ring buffer; lengths of the part's path, the file's path and the body; 1 if written; microseconds. */
const SLOT_FIELDS = 6;

interface Shared {
  readonly counts: Int32Array;
  readonly slots: Int32Array;
  readonly bytes: Uint8Array;
}

/** The thread's loop. It uses nothing of this module, since its source text is evaluated in the thread. */
function write(
  { openSync, writeSync, closeSync, renameSync, unlinkSync }: typeof fs,
  { counts, slots, bytes }: Shared,
  [flags, mode, many, fields]: readonly [number, number, number, number],
): void {
  const all = Buffer.from(bytes.buffer);
  const quietly = (work: () => void) => {
    try {
      work();
    } catch {
      // The first error counts; the main thread tries again and reports it.
    }
  };

  const file = (part: string, path: string, from: number, to: number): boolean => {
    let fd: number | undefined;
    let isMade = false;
    try {
      if (Atomics.load(counts, 2) !== 0) return false;
      const open = openSync(part, flags, mode);
      fd = open;
      isMade = true;
      for (let at = from; at < to; ) {
        const took = writeSync(open, bytes, at, to - at);
        if (took === 0) throw new Error("the disk takes no more");
        at += took;
      }
      fd = undefined;
      closeSync(open);
      if (Atomics.load(counts, 2) !== 0) throw new Error("stopped");
      renameSync(part, path);
      return true;
    } catch {
      const open = fd;
      if (open !== undefined) quietly(() => closeSync(open));
      if (isMade) quietly(() => unlinkSync(part));
      return false;
    }
  };

  for (let next = 0; ; ) {
    while (Atomics.load(counts, 0) === next) Atomics.wait(counts, 0, next);
    const slot = (next & (many - 1)) * fields;
    const at = slots[slot] ?? 0;
    const pathAt = at + (slots[slot + 1] ?? 0);
    const bodyAt = pathAt + (slots[slot + 2] ?? 0);
    const end = bodyAt + (slots[slot + 3] ?? 0);
    const fromMs = performance.now();
    slots[slot + 4] = file(all.toString("utf8", at, pathAt), all.toString("utf8", pathAt, bodyAt), bodyAt, end) ? 1 : 0;
    slots[slot + 5] = Math.min(2 ** 31 - 1, (performance.now() - fromMs) * 1000);
    next = (next + 1) | 0;
    Atomics.store(counts, 1, next);
  }
}

/** A text, since the command is one file. */
const PROGRAM = `
  const { shared, numbers } = require("node:worker_threads").workerData;
  (${write})(require("node:fs"), shared, numbers);
`;

/** Starts the thread; undefined where that is not possible. */
export function writerThread(): WriterThread | undefined {
  const { Worker } = process.getBuiltinModule("node:worker_threads"); // start-up counts, and short lists need none
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const slots = new Int32Array(new SharedArrayBuffer(SLOTS * SLOT_FIELDS * 4));
  const bytes = new Uint8Array(new SharedArrayBuffer(RING_BYTES));
  const text = Buffer.from(bytes.buffer);
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
    const numbers = [CREATE_FLAGS, NEW_FILE_MODE, SLOTS, SLOT_FIELDS];
    const workerData = { shared: { counts, slots, bytes } satisfies Shared, numbers };
    thread = new Worker(PROGRAM, { eval: true, execArgv: [], env: {}, workerData });
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
      const maxBytes = (part.length + path.length) * 3 + length; // UTF-8 of a UTF-16 unit has at most 3 bytes
      const skipped = end + maxBytes > RING_BYTES ? RING_BYTES - end : 0;
      if (skipped + maxBytes > free) return false;
      const at = skipped > 0 ? 0 : end;
      const index = enqueued & (SLOTS - 1);
      const slot = index * SLOT_FIELDS;
      const pathAt = at + text.write(part, at);
      const bodyAt = pathAt + text.write(path, pathAt);
      end = bodyAt;
      for (const piece of pieces) {
        if (piece.length < FILL_MIN_BYTES) bytes.set(piece, end);
        else text.fill(piece, end, end + piece.length);
        end += piece.length;
      }
      slots[slot] = at;
      slots[slot + 1] = pathAt - at;
      slots[slot + 2] = bodyAt - pathAt;
      slots[slot + 3] = length;
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
    stop: () => void Atomics.store(counts, STOPPED, 1),
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
    Atomics.store(counts, ENQUEUED, enqueued);
    Atomics.notify(counts, ENQUEUED);
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
    for (const until = Atomics.load(counts, FINISHED); finished !== until; ) {
      const slot = (finished & (SLOTS - 1)) * SLOT_FIELDS;
      shift()(slots[slot + 4] === 1, (slots[slot + 5] ?? 0) / 1000);
    }
    isCollecting = false;
  }
}
