// A small body on a slow disk: written in the thread pool, a few at a time, so that everything else goes on meanwhile.

import type { Failure } from "../../core/failure.ts";
import type { Answer, Stored } from "../../core/ports.ts";
import { mismatchOf } from "../../fs/body-digest.ts";
import { syncFile } from "../../fs/sync.ts";
import { lengthOf, writeAll } from "../../fs/write-all.ts";
import type { Target } from "./commit.ts";
import { GIVEN_UP } from "./pending-writes.ts";
import type { TempFile } from "./temp-file.ts";
import type { WriteContext } from "./write-stream.ts";

/** One fewer than libuv has threads: names are looked up there, too. */
const AT_A_TIME = 3;

export interface AsyncWriter {
  write(place: Target, answer: Answer, pieces: readonly Uint8Array[]): Promise<Stored | Failure>;
  /** Those that wait have no turn any more. */
  giveUp(): void;
}

/** Those that wait hold their bodies; there are no more of them than slots. */
export function asyncWriter(desk: WriteContext): AsyncWriter {
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
      let part: TempFile | undefined;
      if (!(await turn())) return GIVEN_UP;
      const fromMs = performance.now();
      try {
        part = await desk.parts.createLater(job);
        const digest = desk.digesting(job, part.fd, 0);
        if (digest !== undefined) for (const piece of pieces) digest.update(piece);
        const isWanted = !desk.storing.isGivenUp && lengthOf(pieces) > 0;
        const bytes = isWanted ? await writeAll(part.fd, pieces) : 0;
        if (desk.storing.isGivenUp) return desk.abort(job, part, GIVEN_UP);
        const digests = digest?.result();
        const mismatch = mismatchOf(job, digests);
        if (mismatch !== undefined) return desk.abort(job, part, mismatch);
        if (desk.durable) await syncFile(part.fd);
        const stored = await desk.placedLater(place, part, bytes, digests);
        desk.disk.tookLater?.(performance.now() - fromMs);
        return stored;
      } catch (error) {
        return desk.abort(job, part, desk.refused(error, place));
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
