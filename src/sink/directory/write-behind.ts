// Queues small bodies for the writer thread while answers arrive fast, and writes in the main thread what it does not take.

import type { Digests } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import type { Answer, Stored, WriteBehind } from "../../core/ports.ts";
import { Deferred, type Thenable } from "../../core/structures/deferred.ts";
import { bodyDigest, mismatchOf } from "../../fs/body-digest.ts";
import { lengthOf } from "../../fs/write-all.ts";
import { STOPPED_BEFORE_WRITE } from "../files/pending-writes.ts";
import type { Target } from "./commit.ts";
import type { WriteContext } from "./strategy.ts";
import type { WriterThread } from "./writer-thread.ts";

/** Starting a thread pays off once 300 bodies arrive within half a second. */
const FAST_BODIES = 300;
const FAST_WITHIN_MS = 500;

/**
 * Maximum length of a body, in bytes. Copying a larger one costs what the thread saves: 5,000 bodies of 64 KiB took 10
 * % longer.
 */
const MAX_BODY_BYTES = 16_384;

/** Returns a function that counts bodies, and returns true when 300 of them arrived within half a second. */
export function arrivalRateCheck(): (nowMs: number) => boolean {
  let bodies = 0;
  let sinceMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    if (++bodies < FAST_BODIES) return false;
    const isFast = nowMs - sinceMs <= FAST_WITHIN_MS;
    bodies = 0;
    sinceMs = nowMs;
    return isFast;
  };
}

export interface WriteBehindOptions {
  readonly context: WriteContext;
  /** Called for each body until it returns true: then the thread is started. */
  readonly isTime: (nowMs: number) => boolean;
  /** Starts the thread; undefined where that is not possible. */
  readonly start: () => WriterThread | undefined;
  /** Bodies are written under their names at once, which nobody looks at before the run is over. */
  readonly isPrivate: boolean;
  /** Whether every body needs a digest. */
  readonly hash: boolean;
  /** Writes a body in the main thread. */
  readonly writeDirect: (target: Target, answer: Answer, pieces: readonly Uint8Array[]) => Stored | Failure;
}

type Result = Stored | Failure;

export interface WriteBehindQueue {
  /** For a name that no other line or process can have. Undefined where the body must be written in the main thread now. */
  write(
    target: Target,
    answer: Answer,
    pieces: readonly Uint8Array[],
    nowMs: number,
  ): WriteBehind<Result> | Thenable<Result> | undefined;
  /** Ends queued bodies at once, and the one that is being written when its system call returns. */
  abort(): void;
  /** Ends all bodies now. Returns whether the thread is still writing. */
  abandon(): boolean;
  /** Resolves when the thread has ended. */
  idle(): Promise<void>;
  close(): void;
}

interface QueuedBody {
  readonly target: Target;
  readonly answer: Answer;
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly digests: Digests | undefined;
  readonly done: (result: Result) => void;
}

export function writeBehind({
  context,
  isTime,
  start,
  isPrivate,
  hash,
  writeDirect,
}: WriteBehindOptions): WriteBehindQueue {
  const { parts, disk } = context;
  let thread: WriterThread | undefined;
  let isTried = false;
  let underWay = 0;
  /**
   * Bodies for which the thread has no room; they keep their slots. Writing them in the main thread meanwhile is no
   * faster: two threads that create files in one folder wait for each other.
   */
  const queue: QueuedBody[] = [];

  const writeHere = ({ target, answer, pieces }: QueuedBody): Result =>
    context.pending.isAborted ? STOPPED_BEFORE_WRITE : writeDirect(target, answer, pieces);

  /** False where the thread has no room. */
  const enqueue = (to: WriterThread, body: QueuedBody): boolean => {
    const { target, pieces, bytes, digests, done } = body;
    const part = isPrivate ? target.path : parts.pathFor(target.job);
    const isTaken = to.enqueue(part, target.path, pieces, (isWritten, ms) => {
      underWay--;
      if (isWritten) disk.record(ms, bytes, performance.now());
      done(isWritten ? context.stored(target, bytes, digests) : writeHere(body));
      for (
        let next = queue[0];
        next !== undefined && (enqueue(to, next) || writeIfThreadEnded(next));
        next = queue[0]
      ) {
        queue.shift();
      }
    });
    if (isTaken) underWay++;
    return isTaken;
  };
  /** A thread that takes nothing although nothing is under way has ended: no callback would retry the queue. */
  const writeIfThreadEnded = (body: QueuedBody): boolean => {
    if (underWay > 0) return false;
    body.done(writeHere(body));
    return true;
  };

  return {
    write(target, answer, pieces, nowMs) {
      const bytes = lengthOf(pieces);
      if (bytes > MAX_BODY_BYTES) return undefined;
      if (!isTried && isTime(nowMs)) {
        isTried = true;
        thread = start();
      }
      if (thread === undefined) return undefined;
      const digest = bodyDigest(target.job, hash);
      if (digest !== undefined) for (const piece of pieces) digest.update(piece);
      const digests = digest?.result();
      if (mismatchOf(target.job, digests) !== undefined) return undefined; // the main thread reports it
      const release = context.reserve(target);
      const result = new Deferred<Result>();
      const done = (value: Result) => {
        release();
        answer.free?.();
        result.resolve(value);
      };
      const body: QueuedBody = { target, answer, pieces, bytes, digests, done };
      if (queue.length > 0 || !enqueue(thread, body)) {
        if (underWay === 0) return void release(); // the thread has ended
        queue.push(body);
        return result;
      }
      return { storing: result };
    },
    abort() {
      thread?.stop();
      for (const { done } of queue.splice(0)) done(STOPPED_BEFORE_WRITE);
    },
    abandon: () => thread?.abandon() ?? false,
    idle: () => thread?.idle() ?? Promise.resolve(),
    close: () => thread?.close(),
  };
}
