// Resumes a run into shards: leaves out finished lines, and refuses a list whose numbers have other URLs than the shards.

import { FolderError, useAnotherFolder, type Wording } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import { LAYOUT } from "../core/layout.ts";
import type { Source } from "../core/ports.ts";
import type { History } from "../journal/history.ts";
import { thousands } from "../report/format.ts";
import { doneAs, skipDone } from "../source/skip-done.ts";

export interface ResumeShardsOptions {
  readonly folder: string;
  readonly history: History;
  readonly retryFailed: boolean;
  readonly note: (text: string) => void;
}

/**
 * The lines of a list that are not in the shards. `again` opens the list a second time, if it can be read twice: then it is checked
 * before the run begins. Throws a FolderError for a number whose body in a shard is another URL's: a member of an archive cannot be
 * renamed or removed.
 */
export async function remainingForShards(
  source: Source,
  again: (() => Source) | undefined,
  { folder, history, retryFailed, note }: ResumeShardsOptions,
): Promise<Source> {
  for (const one of history.notes) note(one);
  const how = { update: false, retryFailed };
  const check = (job: Job): Job => {
    if (history.state(job.n, job.url) === "other" && history.record(job.n)?.outcome === "saved") {
      const why = `${folder}: line ${job.n} of the list is not the URL that ${LAYOUT.journal} has for it, and members of a shard cannot be renamed`;
      const waysIn = (words: Wording) =>
        `add lines at the end only; or ${useAnotherFolder(words)}; or ${words.option("force")} to start over`;
      throw new FolderError("usage", (words) => `${why}: ${waysIn(words)}`, { code: "ERR_BULKGET_OTHER_LIST" });
    }
    return job;
  };
  let left: number | undefined;
  if (again !== undefined) {
    left = 0;
    for await (const jobs of again()) {
      for (const job of jobs) {
        check(job);
        if (doneAs(history.state(job.n, job.url), job.n, history, how) === undefined) left++;
      }
    }
  }
  const todo = left === undefined ? "" : `, ${thousands(left)} to do`;
  note(`resuming: ${thousands(history.saved)} saved earlier${todo}`);
  return skipDone(source, history, {
    ...how,
    isWhole: () => false,
    settle: check,
    ...(left === undefined ? {} : { left }),
  });
}
