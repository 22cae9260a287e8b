// Releases the lock of the output folder: at once, or when the last write to a slow disk has ended.

import type { Sink } from "../../core/ports.ts";
import type { Lock } from "./lock.ts";
import { removeIfEmpty } from "./output-folder.ts";

/** While an aborted write may still be under way, the lock is held, so that no other run writes there. */
export async function unlock(lock: Lock, state: string, sink?: Sink): Promise<void> {
  if (sink?.isUnsure?.() === true) return void unlockWhenIdle(lock, state, sink); // never rejects
  await lock.release();
  removeIfEmpty(state);
}

async function unlockWhenIdle(lock: Lock, state: string, sink: Sink): Promise<void> {
  await sink.idle?.();
  await unlock(lock, state).catch(() => {});
}
