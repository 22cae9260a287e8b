// Starts the built command and leaves it running: for tests that look at it, or kill it, in the middle.

import { spawn } from "node:child_process";
import { BIN, cleanEnv } from "./command.ts";

export interface UnderWay {
  readonly pid: number;
  /** Does nothing where it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** What it has said so far. */
  stderr(): string;
  /** Settled when it has ended and said all it has to say. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** `bulkget` with these arguments. */
export function commandUnderWay(args: readonly string[], cwd: string): UnderWay {
  return underWay(process.execPath, [BIN, ...args], cwd);
}

/** The same as the child of a shell that waits for it: as npx does. */
export function childUnderWay(args: readonly string[], cwd: string): UnderWay {
  // Not the last command, which bash would become itself.
  return underWay("bash", ["-c", '"$@"; exit', "npx", process.execPath, BIN, ...args], cwd);
}

/** Any program; its standard output is ignored. */
export function underWay(program: string, args: readonly string[], cwd: string): UnderWay {
  const child = spawn(program, args, { cwd, env: cleanEnv(), stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  return { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal), stderr: () => stderr, ended };
}
