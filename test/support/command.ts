// Runs the built command in its own process and folder, and reads its records and files.

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../../src/core/job.ts";

/** The checkout: three folders above this file, or four above its built form. */
const above = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const ROOT = above.endsWith("dist") ? dirname(above) : above;
export const BIN = join(ROOT, "dist/bin/bulkget.cjs");

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** The whole standard input. */
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment of the test process, without variables that would change a run. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(BULKGET_|CI$|NO_COLOR|FORCE_COLOR|(http|https|all|no)_proxy$)/i.test(name),
  );
  return { ...Object.fromEntries(kept), ...more };
}

/** Runs `bulkget` to its end. */
export function bulkgetCommand(args: readonly string[], options: RunOptions): Promise<Ran> {
  return programRun(process.execPath, [BIN, ...args], options);
}

/** Runs a line of bash to its end; `bulkget` in it is the built command. */
export function shell(line: string, options: RunOptions): Promise<Ran> {
  const script = `bulkget() { "${process.execPath}" "${BIN}" "$@"; }; ${line}`;
  return programRun("bash", ["-c", script], options);
}

function programRun(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: cleanEnv(options.env) });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.on("error", () => {}); // the program may end without reading it
    child.stdin.end(options.stdin ?? "");
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

export interface Folder {
  readonly path: string;
  remove(): void;
}

/** Creates a folder in the system's temporary folder. */
export function temporaryFolder(under = tmpdir()): Folder {
  const path = mkdtempSync(join(under, "bulkget-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The records of results.jsonl, by number. */
export function recordsOf(folder: string): Map<number, Outcome> {
  const lines = readFileSync(join(folder, "results.jsonl"), "utf8").trimEnd().split("\n");
  return new Map(
    lines
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Outcome)
      .map((o) => [o.n, o]),
  );
}

/** All files below a folder except those in which a run writes what it did: relative paths, sorted. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(folder, file)).isFile() && !/^(results\.jsonl|failed\.txt|runs\.jsonl)$/.test(file))
    .sort();
}
