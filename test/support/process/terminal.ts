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
    return { code, bytes, screen: linesOf(captured) };
  } finally {
    tmux("kill-server");
  }
}

/** A terminal whose screen is read, and whose size is changed, while a command runs. */
export interface Watched {
  /** Waits until the screen is as it should be; returns its lines, without trailing blanks and empty lines. */
  until(isSo: (screen: readonly string[]) => boolean): Promise<readonly string[]>;
  resize(columns: number): void;
  /** Presses keys, as tmux names them: "C-d", "Enter". */
  press(...keys: readonly string[]): void;
  /** Returns the lines of the screen and of what has left it at the top. */
  history(): readonly string[];
  /** The exit code of the command. */
  readonly ended: Promise<number>;
  close(): void;
}

/** Runs `bulkget` in a terminal that is watched meanwhile. */
export function watchedTerminal(args: readonly string[], options: TerminalOptions): Watched {
  const quoted = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { run, tmux } = opened(quoted, { ...options, stays: true });
  const captured = (...from: readonly string[]) => linesOf(tmux("capture-pane", "-p", ...from).stdout.toString("utf8"));
  const screen = () => captured();
  return {
    ended: run(),
    async until(isSo) {
      await until(() => isSo(screen()));
      return screen();
    },
    resize(columns) {
      tmux("resize-window", "-x", String(columns), "-y", String(options.rows));
    },
    press: (...keys) => void tmux("send-keys", ...keys),
    history: () => captured("-S", "-"),
    close: () => void tmux("kill-server"),
  };
}

function linesOf(captured: string): string[] {
  const lines = captured.split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "");
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
