// Delays V8's optimizing compiler where a list is so short that compiling costs more time than it saves.

import { statSync } from "node:fs";

/**
 * Sizes of the lists in bytes for which it pays: some 200 to 6,000 lines. Processor time, as a ratio (Node 20, November 2026):
 * 2,000 URLs 0.79, 2,000 URLs on 2,000 hosts 0.78, 5,000 URLs 0.90, 20,000 URLs 1.11.
 */
const MIN_BYTES = 4096;
const MAX_BYTES = 262_144;
/** Bytes of bytecode that a function runs before V8 looks whether to optimize it: 67,584 by default. */
const BUDGET_BYTES = 300_000;
/** Lists whose number of lines does not follow from the size of the file: it is compressed, or names other lists. */
const UNKNOWN_LENGTH = /\.(?:gz|zst|parquet|xml)$/i;

const FLAG = `--interrupt-budget=${BUDGET_BYTES}`;

/**
 * Sets the budget for a run of these lists, and for worker processes that are started later. Only Node 20 has this flag: later
 * versions count calls instead of bytes, and optimize late enough by themselves (docs/decisions/hot-path.md).
 */
export function delayOptimizing(lists: readonly string[], v8 = process.versions.v8): void {
  if (!v8.startsWith("11.") || !isShort(lists)) return;
  // A function reads the flag when its count begins and each time it is used up: it may change in a running process.
  process.getBuiltinModule("node:v8").setFlagsFromString(FLAG);
  if (!process.execArgv.includes(FLAG)) process.execArgv.push(FLAG);
}

/** Whether the lists are files of a size for which it pays. */
export function isShort(lists: readonly string[]): boolean {
  let bytes = 0;
  try {
    for (const list of lists) {
      const stat = statSync(list);
      if (!stat.isFile() || UNKNOWN_LENGTH.test(list)) return false;
      bytes += stat.size;
    }
  } catch {
    return false; // the list is refused when it is opened
  }
  return bytes >= MIN_BYTES && bytes <= MAX_BYTES;
}
