// Writes what needs the exit code of a run, when that is known: runs.jsonl, the page of --html, and the last metrics.

import type { View } from "../../core/ports.ts";
import { finished } from "../../core/run/tally.ts";
import type { RunLog } from "../../journal/writing/run-log.ts";
import type { CommandLine } from "../command-line/command-line.ts";
import { EXIT_CODES, type ExitName } from "../exit-code.ts";
import { log } from "../log.ts";
import type { Metrics } from "./metrics.ts";

export interface EndOfRun {
  readonly view: View;
  readonly end: ExitName;
  /** A second signal has come: the page is left out. */
  readonly isHurried: boolean;
  readonly runs: RunLog;
  readonly metrics: Metrics | undefined;
}

/** Returns the end of the command: `failed` for a finished run whose page cannot be written. */
export async function recordEnd(
  { html: page, outputDir, quiet }: CommandLine,
  { view, end, isHurried, runs, metrics }: EndOfRun,
): Promise<ExitName> {
  runs.end(view, EXIT_CODES[end].code); // before the page, which shows it
  let isPageMissing = false;
  if (page !== undefined && !isHurried) {
    if (hasRecords(view)) isPageMissing = !(await (await import("./html-page.ts")).writePageOfRun(page, outputDir));
    else if (!quiet) log(`--html ${page}: was not written: no URL was finished`);
  }
  const last = isPageMissing && end === "finished" ? "failed" : end;
  metrics?.end(EXIT_CODES[last].code);
  return last;
}

function hasRecords({ tally, doneEarlier }: View): boolean {
  const { saved = 0, failed = 0, skipped = 0 } = doneEarlier ?? {};
  return finished(tally) + saved + failed + skipped > 0;
}
