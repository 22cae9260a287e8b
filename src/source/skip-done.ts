// A list without the lines that an earlier run has finished: what is left is what a resumed run has to do.

import type { Job, KnownFile, Outcome } from "../core/job.ts";
import type { DoneEarlier, Source } from "../core/ports.ts";

/** What is known of the lines of an earlier run. */
export interface Earlier {
  /** Under this number, with this URL: saved, failed for good, skipped, or still to be done; or another URL; or nothing. */
  state(n: number, url: string): "saved" | "failed" | "skipped" | "open" | "other" | undefined;
  record(n: number): Outcome | undefined;
}

export interface SkipDoneOptions {
  /** Ask the server whether what was saved is still good. */
  readonly update: boolean;
  /** Also try again what failed for good, and what was skipped. */
  readonly retryFailed: boolean;
  /** How many are left, where somebody has counted. */
  readonly left?: number;
  /** What was left out already, before these jobs. */
  readonly before?: DoneEarlier;
  /** Whether a file is there, and whole. */
  readonly isWhole: (known: KnownFile) => boolean;
  /** Whether a file is there. Default: it is. */
  readonly isThere?: (file: string) => boolean;
  /** Called with each line: puts what is saved of it where it is now. Returns the job, refused if that cannot be. */
  readonly settle?: (job: Job) => Job;
  /** Called with the first lines; throws to refuse. */
  readonly onFirst?: (jobs: readonly Job[]) => void;
  /** Called when all lines were read. */
  readonly onEnd?: () => void;
}

/** The jobs of `source` that are left, each with what it may go on from. */
export function skipDone(source: Source, earlier: Earlier, options: SkipDoneOptions): Source {
  const { update, left, isWhole, isThere = () => true, settle = (job) => job, onFirst, onEnd } = options;
  const doneEarlier = { saved: 0, failed: 0, skipped: 0, ...options.before };

  async function* batches(): AsyncGenerator<readonly Job[]> {
    let first = true;
    for await (const jobs of source) {
      if (first) onFirst?.(jobs);
      first = false;
      const rest = jobs.map(leftOf).filter((job) => job !== undefined);
      if (rest.length > 0) yield rest;
    }
    onEnd?.();
  }

  function leftOf(listed: Job): Job | undefined {
    const job = settle(listed);
    if (isNotOurs(job)) return job;
    if (job.kept !== undefined) return { ...job, replaces: job.kept.file };
    const state = earlier.state(job.n, job.url);
    const done = doneAs(state, job.n, earlier, options);
    if (done !== undefined) {
      doneEarlier[done]++;
      return undefined;
    }
    const record = state === undefined ? undefined : earlier.record(job.n);
    const file = record?.file;
    // A name that nothing has may be another line's by the time that there is something to be removed.
    if (record === undefined || file === undefined || !isThere(file)) return job;
    const known = knownOf(record);
    // "Not modified" says nothing of a digest that the list has asked for since.
    const isAsWanted = job.sha256 === undefined || job.sha256 === known?.sha256;
    const mayAsk = update && known !== undefined && state !== "other" && isAsWanted && isWhole(known);
    return mayAsk ? { ...job, replaces: file, known } : { ...job, replaces: file };
  }

  return {
    [Symbol.asyncIterator]: batches,
    doneEarlier,
    total() {
      if (left !== undefined) return { jobs: left, exact: true };
      const total = source.total();
      const { saved, failed, skipped } = doneEarlier;
      return total && { ...total, jobs: Math.max(0, total.jobs - saved - failed - skipped) };
    },
  };
}

/** Whether what is recorded under a job's number is another line's, or said anew; a name that is taken changes nothing of it. */
export function isNotOurs({ refused }: Job): boolean {
  return refused !== undefined && refused.error !== "file_exists";
}

/** As what a line in this state needs no work: saved, failed for good, or skipped. Undefined where it does. */
export function doneAs(
  state: ReturnType<Earlier["state"]>,
  n: number,
  earlier: Earlier,
  { update, retryFailed }: Pick<SkipDoneOptions, "update" | "retryFailed">,
): keyof DoneEarlier | undefined {
  if (state === "saved") return update ? undefined : "saved";
  // What a server does not want to be fetched may change as any page does.
  if (state === "skipped") return update || retryFailed ? undefined : "skipped";
  if (state !== "failed" || retryFailed) return undefined;
  const record = update ? earlier.record(n) : undefined;
  // A file that could not be refreshed is looked at by every update, whatever the last one was told: 404 may pass.
  return record !== undefined && knownOf(record) !== undefined ? undefined : "failed";
}

/** The file a record names, with what a server wants to hear of it. */
export function knownOf(record: Outcome): KnownFile | undefined {
  const { file, bytes, final_url, etag, last_modified, type, encoding, sha256 } = record as Partial<KnownFile>;
  if (file === undefined || bytes === undefined) return undefined;
  const known: { -readonly [K in keyof KnownFile]: KnownFile[K] } = { file, bytes };
  if (final_url !== undefined) known.final_url = final_url;
  if (etag !== undefined) known.etag = etag;
  if (last_modified !== undefined) known.last_modified = last_modified;
  if (type !== undefined) known.type = type;
  if (encoding !== undefined) known.encoding = encoding;
  if (sha256 !== undefined) known.sha256 = sha256;
  return known;
}
