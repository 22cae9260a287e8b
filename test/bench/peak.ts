// Samples how much memory a command and its children hold at most, from /proc; nothing where there is no /proc.

import { readFileSync } from "node:fs";

/** VmHWM only grows, so for one process a late look is enough; it is the sum over many that wants frequent ones. */
const GAP_MS = 20;
/** curl is done with one URL within 10 ms: look more often at first. */
const EARLY_GAP_MS = 3;
const EARLY_MS = 60;
/** Looking may take at most a twentieth of the time. */
const MAX_SHARE = 20;

/** Watches the descendants of process `shell` (not itself); the function returned ends that and tells bytes, if any could be had. */
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

/** Children of the main thread, which in all peers is the one that starts any. */
function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .filter((word) => word !== "")
    .map(Number);
}

function heldBy(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  // A shell between fork and exec: not yet the command.
  if (status.startsWith("Name:\tbash\n")) return 0;
  const kib = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}

/** A process may be gone by the time it is read; it then holds nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
