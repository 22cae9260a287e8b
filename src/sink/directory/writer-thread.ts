// A second thread that writes small files while this one talks to servers: files take four tenths of a small URL's time.

import type * as fs from "node:fs";
import type { Worker } from "node:worker_threads";
import { CREATE_FLAGS, NEW_FILE_MODE } from "../../fs/open-nofollow.ts";

/** What became of a file, and how many milliseconds that took. Where it is not written, nothing of it is left. */
export type Done = (isWritten: boolean, ms: number) => void;

export interface WriterThread {
  /**
   * Takes a copy of a body for the file `path`, which is written as the new file `part` first. `written` is told once, later.
   * False where too much waits already.
   */
  take(part: string, path: string, pieces: readonly Uint8Array[], written: Done): boolean;
  /** Nothing more gets its name: what waits is soon told as not written. */
  stop(): void;
  /** Tells all that waits as not written, at once. Whether the thread is at something still. */
  abandon(): boolean;
  /** Settled when the thread has ended; for after `abandon` and `close`. */
  idle(): Promise<void>;
  /** Ends the thread. What waits is told as not written. */
  close(): void;
}

/** So many files wait at most, a power of two; and so many bytes of bodies and paths. */
const SLOTS = 256;
const BYTES = 4_194_304;

/** From this length on, in bytes, `fill` copies into shared memory three times as fast as `set`; shorter pieces it copies slower. */
const FILLED_BYTES = 4096;

/** So many are told of at once; fewer at the end of a turn of the event loop. Waking it costs more than a file. */
const BURST = 32;

/** It is asked what it has done whenever it gets more, and after so many milliseconds: to be woken by it would cost more. */
const ASK_MS = 2;

/** Where both count: files handed over, and files done. The counters wrap around. */
const OFFERED = 0;
const FINISHED = 1;
/** Not 0: nothing is written any more. */
const STOPPED = 2;

/** The fields of a slot: where its bytes begin; how many are the part's path, the file's and the body; 1 if written; microseconds. */
const FIELDS = 6;

interface Shared {
  readonly counts: Int32Array;
  readonly slots: Int32Array;
  readonly bytes: Uint8Array;
}

/** What the thread runs, for ever. It knows nothing of what is around it here, since it crosses as text. */
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
      // The first error counts; whoever tries again meets it, too.
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
      if (Atomics.load(counts, 2) !== 0) throw new Error("it is not wanted any more");
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

/** A text, since the command is one file and has no other to start a thread from. */
const PROGRAM = `
  const { shared, numbers } = require("node:worker_threads").workerData;
  (${write})(require("node:fs"), shared, numbers);
`;

/** Starts the thread; undefined where none may be started. */
export function writerThread(): WriterThread | undefined {
  const { Worker } = process.getBuiltinModule("node:worker_threads"); // start-up counts, and short lists need none
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const slots = new Int32Array(new SharedArrayBuffer(SLOTS * FIELDS * 4));
  const bytes = new Uint8Array(new SharedArrayBuffer(BYTES));
  const text = Buffer.from(bytes.buffer);
  /** By their slots: whom to tell, and the bytes that are free then. */
  const waiting: (Done | undefined)[] = new Array(SLOTS).fill(undefined);
  const reserved = new Int32Array(SLOTS);
  let offered = 0;
  let told = 0;
  let finished = 0;
  let end = 0; // of what was put last
  let free = BYTES;
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  let isCollecting = false;
  let isGone = false;
  let thread: Worker;
  try {
    const numbers = [CREATE_FLAGS, NEW_FILE_MODE, SLOTS, FIELDS];
    const workerData = { shared: { counts, slots, bytes } satisfies Shared, numbers };
    thread = new Worker(PROGRAM, { eval: true, execArgv: [], env: {}, workerData });
  } catch {
    return undefined;
  }
  const abandon = (): boolean => {
    collect();
    isGone = true;
    const isLate = finished !== offered;
    while (finished !== offered) next()(false, 0);
    return isLate;
  };
  const ended = new Promise<void>((resolve) => thread.on("exit", () => resolve()));
  thread.on("error", abandon).on("exit", abandon);
  thread.unref(); // what waits is waited for by a timer

  return {
    take(part, path, pieces, written) {
      collect();
      if (isGone || ((offered - finished) | 0) === SLOTS) return false;
      let length = 0;
      for (const piece of pieces) length += piece.length;
      const most = (part.length + path.length) * 3 + length;
      const skipped = end + most > BYTES ? BYTES - end : 0;
      if (skipped + most > free) return false;
      const at = skipped > 0 ? 0 : end;
      const index = offered & (SLOTS - 1);
      const slot = index * FIELDS;
      const pathAt = at + text.write(part, at);
      const bodyAt = pathAt + text.write(path, pathAt);
      end = bodyAt;
      for (const piece of pieces) {
        if (piece.length < FILLED_BYTES) bytes.set(piece, end);
        else text.fill(piece, end, end + piece.length);
        end += piece.length;
      }
      slots[slot] = at;
      slots[slot + 1] = pathAt - at;
      slots[slot + 2] = bodyAt - pathAt;
      slots[slot + 3] = length;
      waiting[index] = written;
      reserved[index] = skipped + end - at;
      free -= skipped + end - at;
      offered = (offered + 1) | 0;
      if (((offered - told) | 0) >= BURST) tell();
      else if (!isDue) {
        isDue = true;
        setImmediate(tell);
      }
      timer ??= setTimeout(ask, ASK_MS);
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

  function tell(): void {
    isDue = false;
    if (told === offered) return;
    told = offered;
    Atomics.store(counts, OFFERED, offered);
    Atomics.notify(counts, OFFERED);
  }

  function ask(): void {
    timer = undefined;
    collect();
    if (finished !== offered) timer ??= setTimeout(ask, ASK_MS);
  }

  /** Takes the first of those that wait. */
  function next(): Done {
    const index = finished & (SLOTS - 1);
    const written = waiting[index];
    if (written === undefined) throw new Error("more is done than was to be done");
    waiting[index] = undefined;
    free += reserved[index] ?? 0;
    finished = (finished + 1) | 0;
    return written;
  }

  /** Tells of what is done; who is told may hand over more. */
  function collect(): void {
    if (isCollecting || isGone) return;
    isCollecting = true;
    for (const until = Atomics.load(counts, FINISHED); finished !== until; ) {
      const slot = (finished & (SLOTS - 1)) * FIELDS;
      next()(slots[slot + 4] === 1, (slots[slot + 5] ?? 0) / 1000);
    }
    isCollecting = false;
  }
}
