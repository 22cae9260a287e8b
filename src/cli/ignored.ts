// Which of the signals that stop a run are to be ignored, because whoever started it ignores them: nohup, `trap '' TERM`, `&` in a script.

import { fstatSync, readFileSync, statSync } from "node:fs";
import { constants, homedir } from "node:os";
import { basename, join } from "node:path";
import type { Env } from "./reporters.ts";
import { SIGNALS, type StopSignal } from "./signals.ts";

/** What the line of sh in the command's own file leaves us: our process id, and what it had of `SigIgn` in /proc/self/status. */
export const VARIABLE = "_BULKGET_SIGIGN";

/** Of `SigIgn`. An ignored signal is a bit; the first is that of signal 1. */
type Mask = bigint;

/**
 * Node resets all signals when it starts, so that it cannot be asked. Where sh has not started us either (`node bulkget.cjs`),
 * the process that did is looked at, and what nohup leaves behind it.
 */
export function ignoredAtStart(env: Env): ReadonlySet<StopSignal> {
  const mask = noted(env[VARIABLE]) ?? ofParent();
  const ignored = new Set(SIGNALS.filter((signal) => isIn(mask, constants.signals[signal])));
  if (isUnderNohup(env)) ignored.add("SIGHUP");
  return ignored;
}

/** What sh noted before it became us. */
function noted(text = ""): Mask | undefined {
  const [, pid, mask] = /^(\d+) ([0-9a-f]+)$/.exec(text) ?? [];
  return Number(pid) === process.pid ? BigInt(`0x${mask}`) : undefined;
}

/** What our parent ignores, as its children do unless it sees to that: interactive shells and debuggers do, and ignore SIGTTOU themselves. */
function ofParent(): Mask {
  const status = contentOf(`/proc/${process.ppid}/status`);
  const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  const ignored = BigInt(`0x${mask}`);
  return isIn(ignored, constants.signals.SIGTTOU) ? 0n : ignored;
}

function isIn(mask: Mask, signal: number): boolean {
  return ((mask >> BigInt(signal - 1)) & 1n) === 1n;
}

/** By its name in `_`, where a shell has started it; by the terminal that it took from us: stdin can only be written, or stdout is nohup.out. */
function isUnderNohup(env: Env): boolean {
  if (basename(env["_"] ?? "") === "nohup") return true;
  try {
    const stdin = fstatSync(0);
    const [, access] = /^flags:\s*\d*(\d)$/m.exec(contentOf("/proc/self/fdinfo/0")) ?? [];
    if (Number(access) === 1 && stdin.isCharacterDevice() && stdin.rdev === statSync("/dev/null").rdev) return true;
    const stdout = fstatSync(1);
    return ["nohup.out", join(homedir(), "nohup.out")].some((path) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats?.isFile() === true && stats.ino === stdout.ino && stats.dev === stdout.dev;
    });
  } catch {
    return false;
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
