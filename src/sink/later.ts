// A small body on a slow disk: written in the thread pool, a few at a time, so that everything else goes on meanwhile.

import type { BinaryLike } from "node:crypto";
import type { Failure } from "../core/failure.ts";
import type { Answer, Stored } from "../core/ports.ts";
import type { Part } from "./part.ts";
import { mismatchOf, type Place } from "./placing.ts";
import type { Desk } from "./streamed.ts";
import { lengthOf, synced, writeAll } from "./writing.ts";

/** One fewer than libuv has threads: names are looked up there, too. */
const AT_A_TIME = 3;

export type WriteLater = (place: Place, answer: Answer, pieces: readonly Uint8Array[]) => Promise<Stored | Failure>;

/** Those that wait hold their bodies; there are no more of them than slots. */
export function later(desk: Desk): WriteLater {
  const waiting: (() => void)[] = [];
  let running = 0;

  /** Waits for a turn; whoever ends gives his own to the next. */
  const turn = async (): Promise<void> => {
    if (running < AT_A_TIME) running++;
    else await new Promise<void>((go) => waiting.push(go));
  };
  const end = () => {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  };

  return async (place, answer, pieces) => {
    const { job } = place;
    let part: Part | undefined;
    await turn();
    try {
      part = await desk.parts.createLater(job);
      const digest = desk.digesting(job, part.fd, 0);
      if (digest !== undefined) for (const piece of pieces) digest.update(piece as BinaryLike);
      const bytes = lengthOf(pieces) === 0 ? 0 : await writeAll(part.fd, pieces);
      const sha256 = digest?.digest("hex");
      const mismatch = mismatchOf(job, sha256);
      if (mismatch !== undefined) return desk.abandoned(job, part, mismatch);
      if (desk.durable) await synced(part.fd);
      return await desk.placedLater(place, part, bytes, sha256);
    } catch (error) {
      return desk.abandoned(job, part, desk.refused(error, place));
    } finally {
      answer.free?.();
      end();
    }
  };
}
