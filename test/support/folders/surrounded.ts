// Runs the command in a folder surrounded by a user's files, and expects that none of these changes.

import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import type { Ran } from "../command.ts";
import { bulkgetInProcess } from "../in-process.ts";
import { linesOf, ownFolder, ownSite } from "../own.ts";
import { journalOf, pageOf } from "../site.ts";
import { namesBelow, type Victims, victims } from "./victims.ts";

/** Call at the top of a file: creates a site, a folder and victims around it for each of its tests. */
export function surrounded() {
  const server = ownSite();
  const folder = ownFolder();
  let here: Victims;
  beforeEach(() => {
    here = victims(folder.path);
  });
  const around = () => here;
  const out = (...more: readonly string[]) => join(here.cwd, "downloads", ...more);

  /** Runs a list of paths with further columns or none; expects no change around the folder. */
  async function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
    writeFileSync(join(here.cwd, "urls.txt"), linesOf(lines.map(server.url)));
    return runAgain("urls.txt", ...args);
  }

  async function runAgain(...args: string[]): Promise<Ran> {
    const before = here.snapshot();
    const ran = await bulkgetInProcess(args, { cwd: here.cwd });
    expect(here.snapshot()).toEqual(before);
    expect([0, 1], ran.stderr).toContain(ran.code);
    return ran;
  }

  /** Runs the command with any result; expects no change around the folder. `lines` are its standard input. */
  async function tried(args: readonly string[], lines: readonly string[] = []): Promise<Ran> {
    const before = here.snapshot();
    const stdin = linesOf(lines.map(server.url));
    const ran = await bulkgetInProcess(args, { cwd: here.cwd, stdin });
    expect(here.snapshot()).toEqual(before);
    return ran;
  }

  /** Expects that each record has its own body in its own file, and no other files; returns the records by number. */
  function wellKept(also: readonly string[] = []): Outcome[] {
    const records = journalOf(out());
    expect(new Set(records.map(({ n }) => n)).size).toBe(records.length);
    const files: string[] = [];
    for (const { url, outcome, file = "" } of records) {
      if (outcome === "failed") continue;
      files.push(file);
      expect(lstatSync(out(file)).isFile(), file).toBe(true);
      const { pathname, search } = new URL(url);
      const own = readFileSync(out(file)).equals(pageOf(pathname + search));
      expect(`${file} is ${own ? "the line's" : "another's"}`).toBe(`${file} is the line's`);
    }
    const reports = [
      "results.jsonl",
      "runs.jsonl",
      ...(records.some(({ outcome }) => outcome === "failed") ? ["failed.txt"] : []),
    ];
    const left = namesBelow(out()).filter((name) => !lstatSync(out(name)).isDirectory());
    expect(left).toEqual([...new Set([...files, ...reports, ...also])].sort());
    return records;
  }

  return { server, around, out, run, runAgain, tried, wellKept };
}

/** The error or outcome of each line. */
export const errorsIn = (records: readonly Outcome[]) =>
  records.map((one) => (one.outcome === "failed" ? one.error : one.outcome));
