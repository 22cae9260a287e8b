// Lets go of the output folder: at once, or when the last thread that is at something there has ended.

import type { Sink } from "../../core/ports.ts";
import type { Lock } from "./lock.ts";
import { removeIfEmpty } from "./output-folder.ts";

/** After a sink has given up on a slow disk, nobody else may write there before that is over, or this process is. */
export async function unlock(lock: Lock, state: string, sink?: Sink): Promise<void> {
  if (sink?.isUnsure?.() === true) return void afterwards(lock, state, sink); // never rejects
  await lock.release();
  removeIfEmpty(state);
}

async function afterwards(lock: Lock, state: string, sink: Sink): Promise<void> {
  await sink.idle?.();
  await unlock(lock, state).catch(() => {});
}
