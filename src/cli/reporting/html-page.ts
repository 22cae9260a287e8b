// `--html`: writes the page of a report, for `bulkget report` and at the end of a run.

import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { layoutFor } from "../../app/list-shard.ts";
import { openReport } from "../../app/report.ts";
import { OptionError } from "../../core/errors.ts";
import { ownPaths } from "../../fs/own-paths.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import { objectionTo, writeOwnFile } from "../../report/own-file.ts";
import { PAGE_FILE } from "../../report/page/page-file.ts";
import type { Statistics } from "../../report/statistics/statistics.ts";
import { VERSION } from "../../version.ts";
import type { CommandLine } from "../command-line/command-line.ts";
import { log } from "../log.ts";

/** Throws an OptionError for a path where no page can be written. */
export function refusePath(path: string): void {
  const objection = objectionTo(path, PAGE_FILE);
  if (objection !== undefined) throw refusal(path, objection);
}

/** The same before a run, which creates its folder, and writes files of its own there. */
export function refusePathOfRun(
  path: string,
  { outputDir, report = [], ...line }: Pick<CommandLine, "outputDir" | "report" | "shard">,
): void {
  const { journal, failedList, runs } = ownPaths(outputDir, layoutFor(line));
  const own = [journal, failedList, runs];
  const taken = [...own, ...report.map((one) => one.path)].find((one) => resolve(one) === resolve(path));
  if (taken !== undefined) throw refusal(path, `would overwrite ${taken}; name another file`);
  const isInFolder = resolve(dirname(path)) === resolve(outputDir);
  if (!isInFolder || existsSync(outputDir)) refusePath(path);
}

/** Writes the page. Throws an OptionError if it cannot be written. */
export async function writePage(path: string, statistics: Statistics): Promise<void> {
  // Loaded only now: with the scales of the charts it is large.
  const { reportPage } = await import("../../report/page/page.ts");
  const page = Buffer.from(reportPage(statistics, VERSION, Date.now()));
  const failure = writeOwnFile(path, PAGE_FILE, (fd) => writeAllSync(fd, [page]));
  if (failure !== undefined) throw refusal(path, failure);
}

/** Writes the page of a folder at the end of a run. Returns false, and prints why, if it cannot: what was saved stays. */
export async function writePageOfRun(path: string, folder: string): Promise<boolean> {
  try {
    const opened = openReport([folder]);
    opened.close();
    await writePage(path, opened.statistics);
    return true;
  } catch (error) {
    const { message } = error as Error;
    log(error instanceof OptionError ? message : `--html ${path}: was not written: ${message}`);
    return false;
  }
}

function refusal(path: string, reason: string): OptionError {
  return new OptionError(`--html ${path}: ${reason}`);
}
