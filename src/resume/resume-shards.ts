// Resumes a run into shards: leaves out finished lines, and refuses a list whose numbers have other URLs than the shards.

import { copyDigests, hasDigests, mismatchedDigest } from "../core/digest.ts";
import { FolderError, useAnotherFolder, type Wording } from "../core/errors.ts";
import type { Job, KnownRecord, Outcome, ShardPlace } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import type { History } from "../journal/history.ts";
import { thousands } from "../report/format.ts";
import { doneAs, skipDone } from "../source/skip-done.ts";

export interface ResumeShardsOptions {
  readonly folder: string;
  /** The journal's name, for messages. */
  readonly journalName: string;
  readonly history: History;
  /** Ask the servers whether saved bodies have changed. */
  readonly update: boolean;
  /** Why the body of a line cannot become another line's, for a message. */
  readonly whyFixed: string;
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
  { folder, journalName, history, update, whyFixed, retryFailed, note }: ResumeShardsOptions,
): Promise<Source> {
  for (const one of history.notes) note(one);
  const how = { update, retryFailed };
  const check = (job: Job): Job => {
    if (history.state(job.n, job.url) === "other" && history.record(job.n)?.outcome === "saved") {
      const why = `${folder}: line ${job.n} of the list is not the URL that ${journalName} has for it, and ${whyFixed}`;
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
    settle: update ? (job) => withKnown(check(job), history) : check,
    ...(left === undefined ? {} : { left }),
  });
}

/** The job with what is known of the body that an earlier run has stored for it, if that is still there. */
function withKnown(job: Job, history: History): Job {
  const state = history.state(job.n, job.url);
  const record = state === "saved" || state === "failed" || state === "open" ? history.record(job.n) : undefined;
  const known = record && knownRecordOf(record);
  if (known === undefined || !history.shards.has(known.refers_to.shard, known.refers_to.offset + 1)) return job;
  // 304 does not confirm a digest that the list requires since.
  return hasDigests(job) && mismatchedDigest(job, known) !== undefined ? job : { ...job, known };
}

function knownRecordOf(record: Outcome): KnownRecord | undefined {
  const { shard, offset, bytes, refers_to, final_url, etag, last_modified, type, encoding } = record as Partial<
    KnownRecord & ShardPlace
  >;
  // The place of a failure is that of its own answer.
  const isOwn = record.outcome === "saved" && shard !== undefined && offset !== undefined;
  const place = refers_to ?? (isOwn ? { shard, offset } : undefined);
  if (place === undefined || bytes === undefined) return undefined;
  const known: { -readonly [K in keyof KnownRecord]: KnownRecord[K] } = { refers_to: place, bytes };
  if (final_url !== undefined) known.final_url = final_url;
  if (etag !== undefined) known.etag = etag;
  if (last_modified !== undefined) known.last_modified = last_modified;
  if (type !== undefined) known.type = type;
  if (encoding !== undefined) known.encoding = encoding;
  copyDigests(record as Partial<KnownRecord>, known);
  return known;
}
