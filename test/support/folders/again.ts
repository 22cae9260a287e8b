// Runs a command repeatedly in one folder with changing lists, for comparison with a fresh run.

import { utimesSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { Ran } from "../command.ts";
import { ownFolder, ownSite } from "../own.ts";
import { type LeftBehind, leftIn } from "../site.ts";

/** Ten paths of a list. */
export const TEN: readonly string[] = Array.from({ length: 10 }, (_, i) => `/page-${i + 1}`);

/**
 * Writes a file as a user who edits it after the run before. The clock of a file system is up to a kernel tick behind
 * Date.now(), by which a list that is written at once would be older than the records of that run.
 */
export function editFile(path: string, text: string | Buffer): void {
  writeFileSync(path, text);
  const now = new Date();
  utimesSync(path, now, now);
}

/** Call at the top of a file: creates a site and a folder for each of its tests, and runs `urls.txt` there. */
export function runsAgain() {
  const server = ownSite();
  const folder = ownFolder();
  const { at } = folder;
  const saved = (...more: readonly string[]) => at("downloads", ...more);

  /** Writes the list; each entry is a path or a whole line. */
  function list(lines: readonly string[], name = "urls.txt"): void {
    const urls = lines.map((line) => (line.startsWith("/") ? server.url(line) : line));
    folder.list(urls, name);
  }

  function run(...args: readonly string[]): Promise<Ran> {
    return folder.run(["urls.txt", ...args]);
  }

  /** Runs the present list in an empty folder, and returns what it leaves. */
  async function fresh(...args: readonly string[]): Promise<LeftBehind> {
    const { code, stderr } = await run("-o", "fresh", ...args);
    expect([0, 1], stderr).toContain(code);
    server.asked();
    return leftIn(at("fresh"));
  }

  return { server, folder, at, saved, list, run, fresh };
}
