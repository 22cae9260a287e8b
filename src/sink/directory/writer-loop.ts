// The loop of the writer thread: waits for queued files, writes each one as a part and renames it, unless both are one name.

import { closeSync, renameSync, unlinkSync } from "node:fs";
import { createNew } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import {
  BODY_BYTES,
  ENQUEUED,
  FINISHED,
  IS_WRITTEN,
  MICROSECONDS,
  OFFSET,
  PART_BYTES,
  PATH_BYTES,
  STOPPED,
  slotOf,
  type WriterMemory,
} from "./writer-memory.ts";

const MAX_INT32 = 2 ** 31 - 1;

/** Never returns; the main thread terminates it. */
export function runWriter({ counters, slots, ring }: WriterMemory): never {
  const bytes = Buffer.from(ring.buffer);
  const isStopped = () => Atomics.load(counters, STOPPED) !== 0;

  /** Returns whether the file has its name. A file that is not written leaves no part behind. */
  const write = (part: string, path: string, body: Uint8Array): boolean => {
    let fd: number | undefined;
    let isCreated = false;
    try {
      if (isStopped()) return false;
      const open = createNew(part);
      fd = open;
      isCreated = true;
      if (body.length > 0) writeAllSync(open, [body]);
      fd = undefined;
      closeSync(open);
      if (isStopped()) throw new Error("stopped");
      if (part !== path) renameSync(part, path);
      return true;
    } catch {
      // The main thread tries again and reports the error.
      const open = fd;
      if (open !== undefined) ignoringErrors(() => closeSync(open));
      if (isCreated) ignoringErrors(() => unlinkSync(part));
      return false;
    }
  };

  for (let next = 0; ; ) {
    while (Atomics.load(counters, ENQUEUED) === next) Atomics.wait(counters, ENQUEUED, next);
    const slot = slotOf(next);
    const at = slots[slot + OFFSET] ?? 0;
    const pathAt = at + (slots[slot + PART_BYTES] ?? 0);
    const bodyAt = pathAt + (slots[slot + PATH_BYTES] ?? 0);
    const end = bodyAt + (slots[slot + BODY_BYTES] ?? 0);
    const fromMs = performance.now();
    const isWritten = write(
      bytes.toString("utf8", at, pathAt),
      bytes.toString("utf8", pathAt, bodyAt),
      bytes.subarray(bodyAt, end),
    );
    slots[slot + IS_WRITTEN] = isWritten ? 1 : 0;
    slots[slot + MICROSECONDS] = Math.min(MAX_INT32, (performance.now() - fromMs) * 1000);
    next = (next + 1) | 0;
    Atomics.store(counters, FINISHED, next);
  }
}

function ignoringErrors(work: () => void): void {
  try {
    work();
  } catch {
    // The first error counts.
  }
}
