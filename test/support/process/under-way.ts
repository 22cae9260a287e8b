// Starts the built command without waiting for its end, for tests that observe or kill it.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { BIN, cleanEnv, ROOT } from "../command.ts";

export interface UnderWay {
  readonly pid: number;
  /** Does nothing after the end of the process. */
  kill(signal: NodeJS.Signals): void;
  /** The standard error so far. */
  stderr(): string;
  /** Resolved when the process has ended and its standard error is closed. */
  readonly ended: Promise<Ended>;
}

type Environment = Readonly<Record<string, string>>;

/** The message about a first signal, with the grace period that `graceOf` replaces. */
export const GRACE_MESSAGE = "finishing what is in flight, 5 s at most; once more to stop now";

/**
 * The environment in which the command has this grace period after a first signal: a short one, so that a test need not
 * wait for it, or a long one, so that an earlier end shows the effect of a second signal.
 */
export function graceOf(ms: number): Environment {
  return { NODE_OPTIONS: `--import=${join(ROOT, "dist/test/support/process/grace.js")}`, GRACE_MS: String(ms) };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Starts `bulkget` with these arguments. */
export function commandUnderWay(args: readonly string[], cwd: string, env: Environment = {}): UnderWay {
  return underWay(process.execPath, [BIN, ...args], cwd, env);
}

/** Starts `bulkget` as the child of a shell that waits for it, as npx does. */
export function childUnderWay(args: readonly string[], cwd: string): UnderWay {
  // The command is not the last one, which bash would exec.
  return underWay("bash", ["-c", '"$@"; exit', "npx", process.execPath, BIN, ...args], cwd);
}

/** Starts any program; its standard output is ignored. */
export function underWay(program: string, args: readonly string[], cwd: string, env: Environment = {}): UnderWay {
  const child = spawn(program, args, { cwd, env: cleanEnv(env), stdio: ["ignore", "ignore", "pipe"] });
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
