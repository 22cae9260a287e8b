// A real terminal: a command in a tmux of its own, with the bytes that it was sent and the screen that came of them.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BIN, cleanEnv } from "./command.ts";
import { installed } from "./servers.ts";

/** Undefined, and said, where there is no tmux. */
export const TMUX = installed("tmux");
if (TMUX === undefined) console.warn("SKIPPED: no test of a real terminal, which needs tmux");

export interface Shown {
  readonly code: number;
  /** All that the command wrote to its terminal, as bytes in latin1. */
  readonly bytes: string;
  /** The lines of the screen and of what has scrolled off it, without blanks at their ends, and without empty ones. */
  readonly screen: readonly string[];
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
}

/** How often to look whether the command is over. */
const POLL_MS = 50;
const PATIENCE_MS = 20_000;

/** Runs `bulkget` in a terminal to its end. The arguments may hold any character but NUL. */
export async function inTerminal(args: readonly string[], { cwd, columns, rows }: TerminalOptions): Promise<Shown> {
  const folder = join(cwd, "terminal");
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  const env = { ...cleanEnv(), LC_ALL: "C.UTF-8", TERM: "xterm-256color", TMUX: "", TMUX_TMPDIR: folder };
  const tmux = (...words: readonly string[]) =>
    spawnSync(TMUX ?? "", ["-f", "/dev/null", "-u", ...words], { cwd, env });
  const quoted = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  // It starts when its bytes are recorded, and its screen stays until it was looked at.
  const script = `until [ -e '${at("go")}' ]; do sleep 0.02; done; ${quoted}; echo $? >'${at("code")}'; sleep 60`;
  writeFileSync(at("script"), script);
  const size = ["-x", String(columns), "-y", String(rows)];
  try {
    const started = tmux("new-session", "-d", ...size, "bash", at("script"));
    if (started.status !== 0) throw new Error(`tmux: ${started.stderr}`);
    tmux("set-option", "-g", "history-limit", "5000");
    tmux("pipe-pane", `cat >'${at("bytes")}'`);
    writeFileSync(at("go"), "");
    await until(() => contentOf(at("code")).endsWith("\n"));
    // tmux has read all of it when the cursor has come to rest; what is after it is nothing but its own.
    let bytes = "";
    await until(() => {
      const before = bytes;
      bytes = contentOf(at("bytes"));
      return bytes !== "" && bytes === before;
    });
    const captured = tmux("capture-pane", "-p", "-S", "-").stdout.toString("utf8");
    const screen = captured.split("\n").map((line) => line.trimEnd());
    return { code: Number(contentOf(at("code"))), bytes, screen: screen.filter((line) => line !== "") };
  } finally {
    tmux("kill-server");
  }
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
