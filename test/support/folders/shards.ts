// What the runs of shards left in their folders, put together as one run.

import { cpSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../../../src/core/job.ts";
import { OF_THE_MOMENT } from "../site.ts";

/** Own files of runs, with and without shards. */
const JOURNAL = /^results(\.\d+-of-\d+)?\.jsonl$/;
const FAILED = /^failed(\.\d+-of-\d+)?\.txt$/;
const RUNS = /^runs(\.\d+-of-\d+)?\.jsonl$/;

/** The bodies by their names, all records in the order of their numbers, and all failed lines: without what differs from run to run. */
export function wholeOf(folder: string): {
  readonly files: object;
  readonly records: object[];
  readonly failed: string[];
} {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => !/^\.bulkget/.test(name));
  const files = names.filter((name) => lstatSync(join(folder, name)).isFile());
  const linesOf = (pattern: RegExp) =>
    files
      .filter((name) => pattern.test(name))
      .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
      .filter((line) => line !== "");
  const bodies = files.filter((name) => ![JOURNAL, FAILED, RUNS].some((own) => own.test(name)));
  const records = linesOf(JOURNAL).map((line) => JSON.parse(line) as Outcome);
  return {
    files: Object.fromEntries(bodies.sort().map((name) => [name, readFileSync(join(folder, name), "latin1")])),
    records: records.sort((a, b) => a.n - b.n).map(lasting),
    failed: linesOf(FAILED).sort(),
  };
}

function lasting(outcome: Outcome): object {
  const moment = [...OF_THE_MOMENT, "shard", "offset"];
  return Object.fromEntries(Object.entries(outcome).filter(([key]) => !moment.includes(key)));
}

/** Copies the files of several folders into one, as a user does with `cp`: without the hidden state. */
export function merged(folders: readonly string[], to: string): void {
  for (const folder of folders) {
    cpSync(folder, to, { recursive: true, filter: (path) => !path.includes("/.bulkget") });
  }
}
