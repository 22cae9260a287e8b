// A small body on a slow disk: written in the thread pool, a few at a time, so that everything else goes on meanwhile.

import type { BinaryLike } from "node:crypto";
import type { Failure } from "../core/failure.ts";
import type { Answer, Stored } from "../core/ports.ts";
import type { Part } from "./part.ts";
import { GIVEN_UP } from "./pending.ts";
import { mismatchOf, type Place } from "./placing.ts";
import type { Desk } from "./streamed.ts";
import { lengthOf, synced, writeAll } from "./writing.ts";

/** One fewer than libuv has threads: names are looked up there, too. */
const AT_A_TIME = 3;

export interface Later {
  write(place: Place, answer: Answer, pieces: readonly Uint8Array[]): Promise<Stored | Failure>;
  /** Those that wait have no turn any more. */
  giveUp(): void;
}

/** Those that wait hold their bodies; there are no more of them than slots. */
export function later(desk: Desk): Later {
  const waiting: ((isTurn: boolean) => void)[] = [];
  let running = 0;

  /** Waits for a turn; whoever ends gives his own to the next. False where there is none any more. */
  const turn = async (): Promise<boolean> => {
    if (running < AT_A_TIME) running++;
    else return await new Promise<boolean>((go) => waiting.push(go));
    return true;
  };
  const end = () => {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next(true);
  };

  return {
    async write(place, answer, pieces) {
      const { job } = place;
      let part: Part | undefined;
      if (!(await turn())) return GIVEN_UP;
      const fromMs = performance.now();
      try {
        part = await desk.parts.createLater(job);
        const digest = desk.digesting(job, part.fd, 0);
        if (digest !== undefined) for (const piece of pieces) digest.update(piece as BinaryLike);
        const isWanted = !desk.storing.isGivenUp && lengthOf(pieces) > 0;
        const bytes = isWanted ? await writeAll(part.fd, pieces) : 0;
        if (desk.storing.isGivenUp) return desk.abandoned(job, part, GIVEN_UP);
        const sha256 = digest?.digest("hex");
        const mismatch = mismatchOf(job, sha256);
        if (mismatch !== undefined) return desk.abandoned(job, part, mismatch);
        if (desk.durable) await synced(part.fd);
        const stored = await desk.placedLater(place, part, bytes, sha256);
        desk.disk.tookLater?.(performance.now() - fromMs);
        return stored;
      } catch (error) {
        return desk.abandoned(job, part, desk.refused(error, place));
      } finally {
        answer.free?.();
        end();
      }
    },
    giveUp() {
      for (const go of waiting.splice(0)) go(false);
    },
  };
}
