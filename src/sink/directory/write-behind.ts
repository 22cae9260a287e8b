// Small bodies go to the second thread where they come so fast that this pays; what it cannot do is done here after all.

import type { Digests } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import type { Answer, Stored, WriteBehind } from "../../core/ports.ts";
import { Deferred, type Thenable } from "../../core/structures/deferred.ts";
import { bodyDigest, mismatchOf } from "../../fs/body-digest.ts";
import { lengthOf } from "../../fs/write-all.ts";
import type { Target } from "./commit.ts";
import { GIVEN_UP } from "./pending-writes.ts";
import type { WriteContext } from "./write-stream.ts";
import type { WriterThread } from "./writer-thread.ts";

/** What it takes to start a thread is soon made good once so many bodies came within so many milliseconds. */
const MANY = 300;
const WITHIN_MS = 500;

/** Of a larger body, in bytes, the copy costs what the thread saves: 5,000 of 64 KiB took a tenth longer. */
const LARGEST = 16_384;

/** Counts bodies, and says whether they come so fast that a second thread pays: from the last of many on. */
export function arrivesFast(): (nowMs: number) => boolean {
  let bodies = 0;
  let sinceMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    if (++bodies < MANY) return false;
    const isBrisk = nowMs - sinceMs <= WITHIN_MS;
    bodies = 0;
    sinceMs = nowMs;
    return isBrisk;
  };
}

export interface WriteBehindOptions {
  readonly desk: WriteContext;
  /** Asked for each body, until it says that it is time for a thread. */
  readonly isTime: (nowMs: number) => boolean;
  /** Starts the thread; undefined where none may be started. */
  readonly start: () => WriterThread | undefined;
  /** Whether every body's digest is wanted. */
  readonly hash: boolean;
  /** Writes it in this thread. */
  readonly here: (place: Target, answer: Answer, pieces: readonly Uint8Array[]) => Stored | Failure;
}

type Result = Stored | Failure;

export interface WriteBehindQueue {
  /** For a name that is nobody else's. Undefined where the body is to be written here, at once. */
  write(
    place: Target,
    answer: Answer,
    pieces: readonly Uint8Array[],
    nowMs: number,
  ): WriteBehind<Result> | Thenable<Result> | undefined;
  /** What waits is given up at once; what the thread is at, when that is done. */
  giveUp(): void;
  /** All of it is given up. Whether the thread is at something still. */
  giveUpLate(): boolean;
  /** Settled when the thread is at nothing any more. */
  idle(): Promise<void>;
  close(): void;
}

interface Body {
  readonly place: Target;
  readonly answer: Answer;
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly digests: Digests | undefined;
  readonly done: (result: Result) => void;
}

export function writeBehind({ desk, isTime, start, hash, here }: WriteBehindOptions): WriteBehindQueue {
  const { parts, disk } = desk;
  let scribe: WriterThread | undefined;
  let isTried = false;
  let underWay = 0;
  /** Those that found no room keep their slots. Here they are not written meanwhile: two threads in one folder wait for each other. */
  const waiting: Body[] = [];

  const orElse = (place: Target, answer: Answer, pieces: readonly Uint8Array[]): Result =>
    desk.storing.isGivenUp ? GIVEN_UP : here(place, answer, pieces);

  /** False where the thread takes no more for now. */
  const hand = (thread: WriterThread, { place, answer, pieces, bytes, digests, done }: Body): boolean => {
    const isTaken = thread.take(parts.pathFor(place.job), place.path, pieces, (isWritten, ms) => {
      underWay--;
      if (isWritten) disk.took(ms, bytes, performance.now());
      done(isWritten ? desk.stored(place, bytes, digests) : orElse(place, answer, pieces));
      for (let next = waiting[0]; next !== undefined && (hand(thread, next) || isStuck(next)); next = waiting[0]) {
        waiting.shift();
      }
    });
    if (isTaken) underWay++;
    return isTaken;
  };
  /** Written here, where nothing is under way after which it could be handed over: the thread has ended. */
  const isStuck = ({ place, answer, pieces, done }: Body): boolean => {
    if (underWay > 0) return false;
    done(orElse(place, answer, pieces));
    return true;
  };

  return {
    write(place, answer, pieces, nowMs) {
      const bytes = lengthOf(pieces);
      if (bytes > LARGEST) return undefined;
      if (!isTried && isTime(nowMs)) {
        isTried = true;
        scribe = start();
      }
      if (scribe === undefined) return undefined;
      const digest = bodyDigest(place.job, hash);
      if (digest !== undefined) for (const piece of pieces) digest.update(piece);
      const digests = digest?.result();
      if (mismatchOf(place.job, digests) !== undefined) return undefined; // as for any other body
      const ended = desk.expected(place);
      const coming = new Deferred<Result>();
      const done = (result: Result) => {
        ended();
        answer.free?.();
        coming.resolve(result);
      };
      const body: Body = { place, answer, pieces, bytes, digests, done };
      if (waiting.length > 0 || !hand(scribe, body)) {
        if (underWay === 0) return void ended(); // the thread has ended
        waiting.push(body);
        return coming;
      }
      return { storing: coming };
    },
    giveUp() {
      scribe?.stop();
      for (const { done } of waiting.splice(0)) done(GIVEN_UP);
    },
    giveUpLate: () => scribe?.abandon() ?? false,
    idle: () => scribe?.idle() ?? Promise.resolve(),
    close: () => scribe?.close(),
  };
}
