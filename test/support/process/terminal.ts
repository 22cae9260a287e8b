// Runs a command in a real terminal (tmux), and returns the bytes that it wrote and the resulting screen.

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BIN, cleanEnv } from "../command.ts";
import { installed } from "../network/servers.ts";

/** The path of tmux; undefined, with a warning, where it is not installed. */
export const TMUX = installed("tmux");
if (TMUX === undefined) console.warn("SKIPPED: no test of a real terminal, which needs tmux");

export interface Shown {
  readonly code: number;
  /** All bytes that the command wrote to its terminal, in Latin-1. */
  readonly bytes: string;
  /** The lines of the screen and its history, without trailing blanks and empty lines. */
  readonly screen: readonly string[];
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
  /** A line of bash that runs before the command. */
  readonly before?: string;
}

/** Interval of the checks whether the command has ended. */
const POLL_MS = 50;
const PATIENCE_MS = 20_000;

/** Runs `bulkget` in a terminal to its end. The arguments may contain any character except NUL. */
export async function inTerminal(args: readonly string[], options: TerminalOptions): Promise<Shown> {
  const quoted = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { before } = options;
  const line = before === undefined ? quoted : `${before}; ${quoted}`;
  const terminal = opened(line, { ...options, stays: true });
  const { at, tmux } = terminal;
  try {
    tmux("set-option", "-g", "history-limit", "5000");
    tmux("pipe-pane", `cat >'${at("bytes")}'`);
    const code = await terminal.run();
    // tmux has read all output when the cursor has stopped moving; later bytes are tmux's own.
    let bytes = "";
    await until(() => {
      const before = bytes;
      bytes = contentOf(at("bytes"));
      return bytes !== "" && bytes === before;
    });
    const captured = tmux("capture-pane", "-p", "-S", "-").stdout.toString("utf8");
    const screen = captured.split("\n").map((line) => line.trimEnd());
    return { code, bytes, screen: screen.filter((line) => line !== "") };
  } finally {
    tmux("kill-server");
  }
}

export interface LostOptions {
  readonly cwd: string;
  /** Whether the terminal is to be closed now. */
  readonly isTime: () => boolean;
  /** Called when the terminal is closed. */
  readonly gone: () => void;
}

/** Runs a line of bash in a terminal that is closed meanwhile; returns its exit code. bash handles, but does not ignore, SIGHUP. */
export async function inLostTerminal(line: string, { cwd, isTime, gone }: LostOptions): Promise<number> {
  const { run, tmux } = opened(`trap : HUP; ${line}`, { cwd, columns: 80, rows: 24, stays: false });
  try {
    const ended = run();
    await until(isTime);
    tmux("kill-server");
    gone();
    return await ended;
  } finally {
    tmux("kill-server");
  }
}

interface Opened {
  /** Returns the path of a file in the terminal's folder. */
  at(name: string): string;
  tmux(...words: readonly string[]): SpawnSyncReturns<Buffer>;
  /** Starts the line, and waits for its exit code. */
  run(): Promise<number>;
}

/** A terminal with a line of bash that is not started yet. With `stays`, the screen can be read afterwards. */
function opened(line: string, { cwd, columns, rows, stays }: TerminalOptions & { readonly stays: boolean }): Opened {
  const folder = join(cwd, "terminal");
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  const env = { ...cleanEnv(), LC_ALL: "C.UTF-8", TERM: "xterm-256color", TMUX: "", TMUX_TMPDIR: folder };
  const tmux = (...words: readonly string[]) =>
    spawnSync(TMUX ?? "", ["-f", "/dev/null", "-u", ...words], { cwd, env });
  // The line starts when the recording of bytes has started.
  const script = `until [ -e '${at("go")}' ]; do sleep 0.02; done; ${line}; echo $? >'${at("code")}'`;
  writeFileSync(at("script"), stays ? `${script}; sleep 60` : script);
  const size = ["-x", String(columns), "-y", String(rows)];
  const started = tmux("new-session", "-d", ...size, "bash", at("script"));
  if (started.status !== 0) throw new Error(`tmux: ${started.stderr}`);
  return {
    at,
    tmux,
    async run() {
      writeFileSync(at("go"), "");
      await until(() => contentOf(at("code")).endsWith("\n"));
      return Number(contentOf(at("code")));
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error("the command in the terminal does not end");
    await sleep(POLL_MS);
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
