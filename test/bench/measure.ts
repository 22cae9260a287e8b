// Runs one command to its end, and measures wall-clock time, CPU time of its process tree, and peak memory.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Stream } from "node:stream";
import { watchPeak } from "./peak.ts";

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The path of standard input, a file or named pipe; default /dev/null. */
  readonly stdin?: string;
}

export interface Cost {
  readonly wallSeconds: number;
  readonly userSeconds: number;
  readonly sysSeconds: number;
  /** Undefined where it cannot be measured. */
  readonly peakRssBytes?: number;
}

export interface Finished extends Cost {
  readonly exitCode: number;
  /** The last part of stderr. */
  readonly said: string;
}

export interface TimedOut {
  readonly timedOutSeconds: number;
}

// bash's `time` takes getrusage() of the children it waited for, which counts theirs too: exact, and in milliseconds where
// /proc/<pid>/stat has ticks of 10 ms. The command keeps its own stderr; the times go to descriptor 3.
const TIMED = `TIMEFORMAT='%3R %3U %3S'; { time "$@" <"$0" 2>&4 3>&- 4>&-; } 4>&2 2>&3`;

const MAX_SAID = 300;

/** Kills the command and all its children at the limit, or when `signal` aborts, whose reason is then thrown. */
export async function measure(
  command: Command,
  limitSeconds: number,
  signal: AbortSignal,
): Promise<Finished | TimedOut> {
  signal.throwIfAborted();
  // Its own process group, so that one kill reaches every child.
  const child = spawn("bash", ["-c", TIMED, command.stdin ?? "/dev/null", ...command.argv], {
    cwd: command.cwd,
    env: plainEnvironment(),
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    detached: true,
  });
  const kill = () => killGroup(child);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, limitSeconds * 1000);
  signal.addEventListener("abort", kill, { once: true });
  const peak = child.pid === undefined ? () => undefined : watchPeak(child.pid);
  try {
    const said = tail(child.stderr);
    const times = tail(child.stdio[3]);
    const [exitCode] = await once(child, "close");
    signal.throwIfAborted();
    if (timedOut) return { timedOutSeconds: limitSeconds };
    const peakRssBytes = peak();
    const [wallSeconds = Number.NaN, userSeconds = Number.NaN, sysSeconds = Number.NaN] = times()
      .split(" ")
      .map(Number);
    const cost = { wallSeconds, userSeconds, sysSeconds, ...(peakRssBytes !== undefined && { peakRssBytes }) };
    return { ...cost, exitCode: typeof exitCode === "number" ? exitCode : -1, said: said().trim() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
    peak();
  }
}

/** The environment without proxies, and with a locale whose times have a decimal point. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The process has just ended.
  }
}

function tail(stream: Stream | null | undefined): () => string {
  let text = "";
  stream?.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-MAX_SAID);
  });
  return () => text;
}
