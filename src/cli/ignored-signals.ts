// Finds the signals that were ignored at the start (nohup, `trap '' TERM`, `&` in a script), which stay ignored.

import { fstatSync, readFileSync, statSync } from "node:fs";
import { constants, homedir } from "node:os";
import { basename, join } from "node:path";
import type { Env } from "./reporters.ts";
import { SIGNALS, type StopSignal } from "./signals.ts";

/** Set by the lines of sh that start the command: the process id, and the mask `SigIgn` of /proc/self/status before Node started. */
export const VARIABLE = "_BULKGET_SIGIGN";

/** A mask of ignored signals: bit 0 is signal 1. */
type Mask = bigint;

/**
 * Node resets all signals when it starts (PlatformInit in src/node.cc), so its own mask is of no use. Where no sh started the
 * command (`node bulkget.cjs`), the mask of the parent process and the traces of nohup are used instead.
 */
export function ignoredAtStart(env: Env): ReadonlySet<StopSignal> {
  const mask = maskFromShell(env[VARIABLE]) ?? maskOfParent();
  const ignored = new Set(SIGNALS.filter((signal) => isIn(mask, constants.signals[signal])));
  if (isUnderNohup(env)) ignored.add("SIGHUP");
  return ignored;
}

/** The mask that sh stored before its exec. */
function maskFromShell(text = ""): Mask | undefined {
  const [, pid, mask] = /^(\d+) ([0-9a-f]+)$/.exec(text) ?? [];
  return Number(pid) === process.pid ? BigInt(`0x${mask}`) : undefined;
}

/** The mask of the parent, which children inherit. Interactive shells and debuggers reset it for children; they ignore SIGTTOU. */
function maskOfParent(): Mask {
  const status = contentOf(`/proc/${process.ppid}/status`);
  const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  const ignored = BigInt(`0x${mask}`);
  return isIn(ignored, constants.signals.SIGTTOU) ? 0n : ignored;
}

function isIn(mask: Mask, signal: number): boolean {
  return ((mask >> BigInt(signal - 1)) & 1n) === 1n;
}

/** Detects nohup by `_`, which the shell sets to its path, or by its redirections: stdin is write-only, or stdout is nohup.out. */
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
