// Small bodies go to the second thread where they come so fast that this pays; what it cannot do is done here after all.

import { type BinaryLike, createHash } from "node:crypto";
import type { Failure } from "../core/failure.ts";
import type { Answer, Stored, Storing } from "../core/ports.ts";
import { mismatchOf, type Place } from "./placing.ts";
import type { Scribe } from "./scribe.ts";
import type { Desk } from "./streamed.ts";
import { lengthOf } from "./writing.ts";

/** What it takes to start a thread is soon made good once so many bodies came within so many milliseconds. */
const MANY = 300;
const WITHIN_MS = 500;

/** Counts bodies, and says whether they come so fast that a second thread pays: from the last of many on. */
export function brisk(): (nowMs: number) => boolean {
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

export interface AsideOptions {
  readonly desk: Desk;
  /** Asked for each body, until it says that it is time for a thread. */
  readonly isTime: (nowMs: number) => boolean;
  /** Starts the thread; undefined where none may be started. */
  readonly start: () => Scribe | undefined;
  /** Whether every body's digest is wanted. */
  readonly hash: boolean;
  /** Writes it in this thread. */
  readonly here: (place: Place, answer: Answer, pieces: readonly Uint8Array[]) => Stored | Failure;
}

export interface Aside {
  /** For a name that is nobody else's. Undefined where the body is to be written here, at once. */
  write(
    place: Place,
    answer: Answer,
    pieces: readonly Uint8Array[],
    nowMs: number,
  ): Storing<Stored | Failure> | Failure | undefined;
  close(): void;
}

export function aside({ desk, isTime, start, hash, here }: AsideOptions): Aside {
  const { parts, disk } = desk;
  let scribe: Scribe | undefined;
  let isTried = false;

  return {
    write(place, answer, pieces, nowMs) {
      if (!isTried && isTime(nowMs)) {
        isTried = true;
        scribe = start();
      }
      if (scribe === undefined) return undefined;
      const { job } = place;
      let sha256: string | undefined;
      if (hash || job.sha256 !== undefined) {
        const digest = createHash("sha256");
        for (const piece of pieces) digest.update(piece as BinaryLike);
        sha256 = digest.digest("hex");
        const mismatch = mismatchOf(job, sha256);
        if (mismatch !== undefined) return mismatch;
      }
      const bytes = lengthOf(pieces);
      const ended = desk.expected(place);
      let stored: Stored | Failure | undefined;
      let tell: ((result: Stored | Failure) => void) | undefined;
      const isTaken = scribe.take(parts.pathFor(job), place.path, pieces, (isWritten, ms) => {
        ended();
        if (isWritten) disk.took(ms, bytes, performance.now());
        stored = isWritten ? desk.stored(place, bytes, sha256) : here(place, answer, pieces);
        answer.free?.();
        tell?.(stored);
      });
      if (isTaken) {
        return {
          storing(done) {
            tell = done;
            if (stored !== undefined) done(stored);
          },
        };
      }
      ended();
      return undefined;
    },
    close: () => scribe?.close(),
  };
}
