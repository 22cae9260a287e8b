// Releases the lock of the output folder: at once, or when the last write to a slow disk has ended.

import type { Layout } from "../../core/layout.ts";
import type { Sink } from "../../core/ports.ts";
import type { Lock } from "./lock.ts";
import { removeState } from "./output-folder.ts";

/** While an aborted write may still be under way, the lock is held, so that no other run writes there. */
export async function unlock(lock: Lock, folder: string, layout: Layout, sink?: Sink): Promise<void> {
  if (sink?.isUnsure?.() === true) return void unlockWhenIdle(lock, folder, layout, sink); // never rejects
  await lock.release();
  removeState(folder, layout);
}

async function unlockWhenIdle(lock: Lock, folder: string, layout: Layout, sink: Sink): Promise<void> {
  await sink.idle?.();
  await unlock(lock, folder, layout).catch(() => {});
}
