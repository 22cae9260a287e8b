// The same command in the same folder again, on a list that may have changed, beside a run in a folder that was empty.

import { expect } from "vitest";
import type { Ran } from "./command.ts";
import { ownFolder, ownSite } from "./own.ts";
import { type LeftBehind, leftIn } from "./site.ts";

/** Ten paths of a list. */
export const TEN: readonly string[] = Array.from({ length: 10 }, (_, i) => `/page-${i + 1}`);

/** For the top of a file: a site and a folder for each of its tests, and runs of `urls.txt` in it. */
export function runsAgain() {
  const server = ownSite();
  const folder = ownFolder();
  const { at } = folder;
  const saved = (...more: readonly string[]) => at("downloads", ...more);

  /** Writes the list, a path or a whole line each. */
  function list(lines: readonly string[], name = "urls.txt"): void {
    const urls = lines.map((line) => (line.startsWith("/") ? server.url(line) : line));
    folder.list(urls, name);
  }

  function run(...args: readonly string[]): Promise<Ran> {
    return folder.run(["urls.txt", ...args]);
  }

  /** What a run of the present list leaves in a folder that was empty. */
  async function fresh(...args: readonly string[]): Promise<LeftBehind> {
    const { code, stderr } = await run("-o", "fresh", ...args);
    expect([0, 1], stderr).toContain(code);
    server.asked();
    return leftIn(at("fresh"));
  }

  return { server, folder, at, saved, list, run, fresh };
}
