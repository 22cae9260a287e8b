// Counts what a run would do, from the list and the records of the folder alone: nothing is requested or written.

import { existsSync } from "node:fs";
import { inStore } from "../core/errors.ts";
import { type FailureKind, isFailure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import { hostKey } from "../core/url/host-key.ts";
import { parseUrl } from "../core/url/parse-url.ts";
import { type OwnPaths, ownPaths } from "../fs/own-paths.ts";
import { type History, readHistory } from "../journal/history.ts";
import { fingerprintSet } from "../journal/tables/fingerprint-set.ts";
import { leastTimeMs } from "../policy/rate.ts";
import { isOtherList } from "../resume/compare-list.ts";
import { asFolderError, refuseFileAsFolder } from "../sink/folder/output-folder.ts";
import { refuseOtherDivision } from "../sink/folder/shards-file.ts";
import { type FileNames, givenName } from "../sink/names/file-names.ts";
import { doneAs, hasForeignRecord } from "../source/skip-done.ts";
import type { ScheduleOptions } from "./download.ts";
import { layoutFor, shardOf } from "./list-shard.ts";
import { failedListOwner, refuseOthersFailures } from "./output/foreign-files.ts";
import { failuresIn } from "./output/open-folder.ts";
import { OUTPUT_DEFAULTS, type ResolvedOutputOptions } from "./output/output-options.ts";
import { containerFormatOf, refuseOtherFormat } from "./output/shard-output.ts";
import { mayStartThread } from "./process-limits.ts";

export interface DryRunOptions extends ResolvedOutputOptions, ScheduleOptions {
  readonly naming: FileNames;
  /** The paths of the lists. */
  readonly lists: readonly string[];
  /** Whether the list can be read twice: then lines that moved within it are found as the run finds them. */
  readonly isRereadable: boolean;
}

export interface DryRun {
  /** Lines of the list, without blank ones and comments. */
  lines: number;
  /** Lines that would fail without a request, by the kind of failure. */
  readonly invalid: Map<FailureKind, number>;
  /** Lines whose URL an earlier line has. */
  duplicates: number;
  /** Not all lines were compared, or not all hosts counted. */
  isPartial: boolean;
  /** Lines with a name of their own. */
  named: number;
  /** The first line's name, as far as it is known before the answer. */
  firstName: string | undefined;
  /** Lines with a valid URL per host, and those left to do. */
  readonly hosts: Map<string, { lines: number; left: number }>;
  /** What an earlier run has done; absent without one. */
  earlier?: Earlier;
  left: number;
  /** The least time that --rate and --host-rate allow, in milliseconds. */
  leastMs: number;
}

interface Earlier {
  saved: number;
  failed: number;
  skipped: number;
  /** Saved lines that are no longer in the list. */
  removed: number;
  /** The run would refuse the folder, which holds the run of another list. */
  isOther: boolean;
}

/** Maximum number of distinct URLs that are compared (800 MB), and of hosts (about 100 MB). */
const MAX_URLS = 33_554_432;
const MAX_HOSTS = 1_000_000;

/** `read` opens the list. Throws a ListError, a JournalError or a FolderError. */
export async function dryRun(read: () => Source, options: DryRunOptions): Promise<DryRun> {
  try {
    return await counts(read, options);
  } catch (error) {
    throw options.store === undefined ? error : inStore(error);
  }
}

async function counts(read: () => Source, options: DryRunOptions): Promise<DryRun> {
  const { outputDir: folder = OUTPUT_DEFAULTS.outputDir, lists, force = false, prune = false } = options;
  const paths = ownPaths(folder, layoutFor(options));
  refuseFileAsFolder(folder);
  refuseOtherDivision(folder, shardOf(options));
  refuseOthersFailures(paths, lists);
  const owner = failedListOwner(paths, lists, force);
  const history = earlierIn(paths, force, options.store !== undefined);
  try {
    const { isFedBack } = failuresIn(paths, history, { owner, lists, prune });
    refuseOtherFormat(folder, history, containerFormatOf(options) ?? "files");
    return await counted(read, history, isFedBack, options);
  } finally {
    history?.close();
  }
}

function earlierIn({ folder, state, journal }: OwnPaths, force: boolean, isInStore: boolean): History | undefined {
  if (force || !existsSync(journal)) return undefined;
  // What the records say of a store is believed: nothing is requested here.
  const remote = isInStore ? { shardBytes: () => Number.POSITIVE_INFINITY } : undefined;
  try {
    return readHistory(folder, journal, { state, mayStartThread: mayStartThread(), remote });
  } catch (error) {
    throw asFolderError(error, folder);
  }
}

async function counted(
  read: () => Source,
  history: History | undefined,
  isFedBack: boolean,
  options: DryRunOptions,
): Promise<DryRun> {
  const { naming, isRereadable, dedupe = false } = options;
  const how = { update: options.update ?? false, retryFailed: options.retryFailed === true || isFedBack };
  const run: DryRun = {
    ...{ lines: 0, invalid: new Map(), duplicates: 0, isPartial: false, named: 0, firstName: undefined },
    ...{ hosts: new Map(), left: 0, leastMs: 0 },
  };
  const earlier: Earlier = { saved: 0, failed: 0, skipped: 0, removed: 0, isOther: false };
  const isArchive = containerFormatOf(options) !== undefined;
  const isFixed = isArchive || options.store !== undefined;
  const urls = fingerprintSet();
  let distinct = 0;
  let fresh = 0;

  if (history !== undefined && isRereadable)
    for await (const jobs of read()) for (const job of jobs) markInPlace(job, history);

  for await (const jobs of read()) for (const job of jobs) add(job);
  if (history !== undefined) run.earlier = earlier;
  if (history !== undefined && !isFedBack) {
    const known = run.lines - fresh;
    earlier.removed = history.unmatchedSaved;
    const isOther = isOtherList({ known, moved: 0, new: fresh, removed: earlier.removed }) && options.prune !== true;
    earlier.isOther ||= isOther;
  }
  run.leastMs = leastTime(run, options);
  return run;

  function add(job: Job): void {
    run.lines++;
    if (givenName(job) !== undefined) run.named++;
    const target = parseUrl(job.url);
    const failure = job.refused ?? (isFailure(target) ? target : undefined);
    const state = history && stateOf(job, history);
    if (state === undefined) fresh++;
    // The body of the number is another URL's, and cannot be renamed.
    if (isFixed && history?.state(job.n, job.url) === "other" && history.record(job.n)?.outcome === "saved")
      earlier.isOther = true;
    const isOpen = history === undefined || hasForeignRecord(job);
    const done = isOpen ? undefined : doneAs(state, job.n, history, how);
    if (done !== undefined) earlier[done]++;
    else run.left++;
    if (failure !== undefined || isFailure(target)) {
      if (failure !== undefined) run.invalid.set(failure.error, (run.invalid.get(failure.error) ?? 0) + 1);
      return;
    }
    if (!isArchive) run.firstName ??= naming.of(job, target, undefined);
    const isFirst = isFirstOf(job.url);
    if (!isFirst) run.duplicates++;
    const host = hostKey(target);
    const counts = run.hosts.get(host) ?? { lines: 0, left: 0 };
    if (counts.lines === 0 && run.hosts.size >= MAX_HOSTS) run.isPartial = true;
    else run.hosts.set(host, counts);
    counts.lines++;
    if (done === undefined && (isFirst || !dedupe)) counts.left++;
  }

  /** Whether no earlier line has this URL. */
  function isFirstOf(url: string): boolean {
    if (distinct >= MAX_URLS) {
      run.isPartial = true;
      return !urls.has(url);
    }
    const isFirst = urls.add(url);
    if (isFirst) distinct++;
    return isFirst;
  }
}

function markInPlace({ n, url, refused }: Job, history: History): void {
  const state = history.state(n, url);
  if (refused?.error !== "duplicate_number" && state !== undefined && state !== "other") history.markMatched(n);
}

/** The recorded state of a line: under its number, else under the number that it had. */
function stateOf({ n, url, refused }: Job, history: History): ReturnType<History["stateOf"]> {
  if (refused?.error === "duplicate_number") return undefined;
  const state = history.state(n, url);
  const at = state !== undefined && state !== "other" ? n : (history.findSaved(url) ?? history.findFailure(url));
  if (at === undefined) return undefined;
  history.markMatched(at);
  return history.stateOf(at);
}

function leastTime({ hosts }: DryRun, { rate, hostRate }: ScheduleOptions): number {
  const counts = [...hosts.values()].map(({ left }) => left);
  const starts = counts.reduce((sum, left) => sum + left, 0);
  const most = counts.reduce((one, left) => Math.max(one, left), 0);
  const msOf = (count: number, perSecond: number | undefined) =>
    perSecond === undefined ? 0 : leastTimeMs(count, perSecond);
  return Math.max(msOf(starts, rate), msOf(most, hostRate));
}
