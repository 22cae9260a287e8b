// Filters out the lines that an earlier run has finished, so that a resumed run gets the remaining ones.

import { copyDigests, hasDigests, mismatchedDigest } from "../core/digest.ts";
import type { Job, KnownFile, Outcome } from "../core/job.ts";
import type { DoneEarlier } from "../core/page-memory.ts";
import type { Source } from "../core/ports.ts";
import { isSafeHeadersPath } from "../fs/safe-path.ts";

/** The recorded lines of an earlier run. */
export interface Earlier {
  /** The state of a number and URL: "open" is not finished, "other" is another URL under that number, undefined no record. */
  state(n: number, url: string): "saved" | "failed" | "skipped" | "open" | "other" | undefined;
  record(n: number): Outcome | undefined;
}

export interface SkipDoneOptions {
  /** Revalidate saved files with the server. */
  readonly update: boolean;
  /** Also retry permanent failures and skipped lines. */
  readonly retryFailed: boolean;
  /** The number of remaining jobs, if it is known. */
  readonly left?: number;
  /** The counts of lines left out before these jobs. */
  readonly before?: DoneEarlier;
  /** Whether a file exists and is complete. */
  readonly isWhole: (known: KnownFile) => boolean;
  /** Whether a file exists. Default: always true. */
  readonly isThere?: (file: string) => boolean;
  /** Called with each job: moves its saved file to its present place. Returns the job, refused if that fails. */
  readonly settle?: (job: Job) => Job;
  /** Called with the first batch; throws to refuse the list. */
  readonly onFirst?: (jobs: readonly Job[]) => void;
  /** Called after the last line. */
  readonly onEnd?: () => void;
}

/** Returns the remaining jobs of `source`, each with the file and validators of the earlier run. */
export function skipDone(source: Source, earlier: Earlier, options: SkipDoneOptions): Source {
  const { update, left, isWhole, isThere = () => true, settle = (job) => job, onFirst, onEnd } = options;
  const own = { saved: 0, failed: 0, skipped: 0, ...options.before };

  async function* batches(): AsyncGenerator<readonly Job[]> {
    let first = true;
    for await (const jobs of source) {
      if (first) onFirst?.(jobs);
      first = false;
      const rest = jobs.map(remainingJob).filter((job) => job !== undefined);
      if (rest.length > 0) yield rest;
    }
    onEnd?.();
  }

  function remainingJob(listed: Job): Job | undefined {
    const job = settle(listed);
    if (hasForeignRecord(job)) return job;
    if (job.kept !== undefined) return replacing(job, job.kept.file, job.kept);
    const state = earlier.state(job.n, job.url);
    const done = doneAs(state, job.n, earlier, options);
    if (done !== undefined) {
      own[done]++;
      return undefined;
    }
    const record = state === undefined ? undefined : earlier.record(job.n);
    const file = record?.file;
    // Without the file, its name may be another line's by the time something is to be replaced.
    if (record === undefined || file === undefined) return job;
    if (!isThere(file)) return state === "other" ? job : withHeaders(job, record);
    const known = knownOf(record);
    // 304 does not confirm a digest that the list requires since.
    const isAsWanted = !hasDigests(job) || (known !== undefined && mismatchedDigest(job, known) === undefined);
    const mayAsk = update && known !== undefined && state !== "other" && isAsWanted && isWhole(known);
    return replacing(mayAsk ? { ...job, known } : job, file, record);
  }

  return {
    [Symbol.asyncIterator]: batches,
    /** Those of `source`, too: a listing leaves out pages. */
    get doneEarlier() {
      const { saved, failed, skipped } = source.doneEarlier ?? { saved: 0, failed: 0, skipped: 0 };
      return { saved: own.saved + saved, failed: own.failed + failed, skipped: own.skipped + skipped };
    },
    total() {
      if (left !== undefined) return { jobs: left, exact: true };
      const total = source.total();
      const { saved, failed, skipped } = own;
      return total && { ...total, jobs: Math.max(0, total.jobs - saved - failed - skipped) };
    },
  };
}

/** Returns the job as one that may replace this file, and the head that the record names beside it. */
function replacing(job: Job, file: string, record: object): Job {
  return withHeaders({ ...job, replaces: file }, record);
}

/** Returns the job as one that may replace the head that the record names. */
function withHeaders(job: Job, record: object): Job {
  const { headers_file: headers } = record as { readonly headers_file?: unknown };
  return typeof headers === "string" && isSafeHeadersPath(headers) ? { ...job, replacesHeaders: headers } : job;
}

/** Whether the record under a job's number is not the job's: it is refused, except for a name in use. */
export function hasForeignRecord({ refused }: Job): boolean {
  return refused !== undefined && refused.error !== "file_exists";
}

/** Returns as what a line counts that needs no work: saved, failed or skipped. Undefined if it has to be fetched. */
export function doneAs(
  state: ReturnType<Earlier["state"]>,
  n: number,
  earlier: Earlier,
  { update, retryFailed }: Pick<SkipDoneOptions, "update" | "retryFailed">,
): keyof DoneEarlier | undefined {
  if (state === "saved") return update ? undefined : "saved";
  // Whether a server allows a URL may change, as its content may.
  if (state === "skipped") return update || retryFailed ? undefined : "skipped";
  if (state !== "failed" || retryFailed) return undefined;
  const record = update ? earlier.record(n) : undefined;
  // A file that could not be refreshed is revalidated by every update, even after a permanent failure: 404 may be temporary.
  return record !== undefined && ("refers_to" in record || knownOf(record) !== undefined) ? undefined : "failed";
}

/** Returns the file that a record names, with the validators of its answer; undefined if it names none. */
export function knownOf(record: Outcome): KnownFile | undefined {
  const { file, bytes, final_url, etag, last_modified, type, encoding, headers_file } = record as Partial<KnownFile>;
  if (file === undefined || bytes === undefined) return undefined;
  const known: { -readonly [K in keyof KnownFile]: KnownFile[K] } = { file, bytes };
  if (final_url !== undefined) known.final_url = final_url;
  if (etag !== undefined) known.etag = etag;
  if (last_modified !== undefined) known.last_modified = last_modified;
  if (type !== undefined) known.type = type;
  if (encoding !== undefined) known.encoding = encoding;
  if (headers_file !== undefined) known.headers_file = headers_file;
  copyDigests(record as Partial<KnownFile>, known);
  return known;
}
