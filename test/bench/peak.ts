// Samples the peak memory of a command and its children from /proc; returns nothing where there is no /proc.

import { readFileSync } from "node:fs";

/** Maximum sampling interval: VmHWM only grows, so one late sample is enough for one process; sums need more. */
const GAP_MS = 20;
/** First sampling interval: curl is done with one URL within 10 ms. */
const EARLY_GAP_MS = 3;
const EARLY_MS = 60;
/** Sampling takes at most a twentieth of the time. */
const MAX_SHARE = 20;

/** Samples the descendants of process `shell`. The returned function stops, and returns the peak in bytes, if known. */
export function watchPeak(shell: number): () => number | undefined {
  let peakBytes: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const startedMs = performance.now();
  const look = () => {
    const beganMs = performance.now();
    const bytes = heldBelow(shell);
    if (bytes > 0) peakBytes = Math.max(peakBytes ?? 0, bytes);
    const endedMs = performance.now();
    const gapMs = endedMs - startedMs < EARLY_MS ? EARLY_GAP_MS : GAP_MS;
    timer = setTimeout(look, Math.max(gapMs, (endedMs - beganMs) * MAX_SHARE));
  };
  if (process.platform === "linux") look();
  return () => {
    clearTimeout(timer);
    return peakBytes;
  };
}

function heldBelow(parent: number): number {
  let bytes = 0;
  for (const child of childrenOf(parent)) bytes += heldBy(child) + heldBelow(child);
  return bytes;
}

/** Children of the main thread, which starts all child processes in all peers. */
function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .filter((word) => word !== "")
    .map(Number);
}

function heldBy(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  // Skips a shell between fork and exec.
  if (status.startsWith("Name:\tbash\n")) return 0;
  const kib = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}

/** The memory of a process; 0 if it has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
