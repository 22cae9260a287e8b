// What other threads are storing, and can be given up: a slow disk must not hold up a run that is to end.

import type { Failure } from "../../core/failure.ts";
import type { Stored } from "../../core/ports.ts";
import { Deferred, type Thenable } from "../../core/structures/deferred.ts";

type Result = Stored | Failure;

export const GIVEN_UP: Failure = { error: "interrupted", detail: "stopped before it was written" };

/** What a thread is at cannot be cancelled. It is waited for so long, in milliseconds: on most disks it ends by then. */
const LATE_MS = 2000;

export interface PendingWrites {
  /** Nothing is to be begun any more, and nothing is to get its name. */
  readonly isGivenUp: boolean;
  /** Something may get its name, or has, of which nobody was told. */
  readonly isUnsure: boolean;
  /** The result of such work, or that it was given up. */
  watched(work: Promise<Result>): Thenable<Result>;
  /** Work whose result nobody waits for. Never rejects. */
  also(work: Promise<void>): void;
  /** Gives up; `late` is called if that takes too long, and says whether it is at something still. */
  giveUp(late: () => boolean): void;
  /** Somebody else has ended in the middle of something. */
  doubt(): void;
  /** Settled when no thread is at anything any more. */
  idle(): Promise<void>;
  close(): void;
}

export function pendingWrites(): PendingWrites {
  const open = new Set<Deferred<Result>>();
  const waiting: (() => void)[] = [];
  let underWay = 0;
  let isGivenUp = false;
  let isUnsure = false;
  let timer: NodeJS.Timeout | undefined;

  const over = () => {
    underWay--;
    if (underWay === 0) for (const go of waiting.splice(0)) go();
  };

  return {
    get isGivenUp() {
      return isGivenUp;
    },
    get isUnsure() {
      return isUnsure;
    },
    watched(work) {
      const coming = new Deferred<Result>();
      open.add(coming);
      underWay++;
      work.then(
        (result) => {
          if (open.delete(coming)) coming.resolve(result);
          over();
        },
        (error) => {
          if (open.delete(coming)) coming.reject(error);
          over();
        },
      );
      return coming;
    },
    also(work) {
      underWay++;
      void work.finally(over);
    },
    giveUp(late) {
      if (isGivenUp) return;
      isGivenUp = true;
      timer = setTimeout(() => {
        const isLate = late();
        isUnsure ||= isLate || open.size > 0;
        for (const coming of open) coming.resolve(GIVEN_UP);
        open.clear();
      }, LATE_MS);
    },
    doubt() {
      isUnsure = true;
    },
    idle: () => (underWay === 0 ? Promise.resolve() : new Promise((go) => void waiting.push(go))),
    close: () => clearTimeout(timer),
  };
}
