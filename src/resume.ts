// Going on with an earlier run: what moved within the list is renamed, what is done is left out, and it is said.

import { lstatSync, realpathSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Failed, Job, Known, Outcome, Saved, Unchanged } from "./core/job.ts";
import type { Source } from "./core/ports.ts";
import type { History } from "./history/history.ts";
import { thousands } from "./report/format.ts";
import type { Journal } from "./report/journal.ts";
import { FolderError, JOURNAL } from "./sink/folder.ts";
import type { Names } from "./sink/names.ts";
import { type Move, rehome } from "./sink/rehome.ts";
import { doneAs, isNotOurs, unfinished } from "./source/unfinished.ts";

export interface ResumeOptions {
  readonly folder: string;
  readonly state: string;
  readonly names: Names;
  readonly history: History;
  readonly journal: Journal;
  readonly update: boolean;
  readonly retryFailed: boolean;
  readonly note: (text: string) => void;
  /** The list once more, where it can be read twice: then moved lines are found, and what is left is counted. */
  readonly again: (() => Source) | undefined;
}

/** The source without what is done. Throws a FolderError where the folder holds another list's run. */
export async function resumed(source: Source, options: ResumeOptions): Promise<Source> {
  const { folder, history, journal, update, retryFailed, note, again } = options;
  for (const one of history.notes) note(one);
  const common = { update, retryFailed, isWhole: (known: Known) => isWhole(folder, known) };
  const refuseUnless = (isKnown: boolean) => {
    if (isKnown || history.recorded === 0) return;
    const ways = "use another folder (-o), or --force to start over: that removes what the earlier run saved there";
    throw new FolderError("usage", `${folder}: holds the run of another list (${JOURNAL}); ${ways}`);
  };
  if (again === undefined) {
    note(`resuming: ${thousands(history.saved)} saved earlier`);
    return unfinished(source, history, { ...common, onFirst: refuseUnless });
  }
  let moved = 0;
  const { isKnown, isEmpty, moves, ...first } = await survey(again(), history, common);
  refuseUnless(isKnown || isEmpty || moves.length > 0);
  let { counts, rest } = first;
  if (moves.length > 0) {
    // Killed in the middle of it, a run must not leave records that say of one line's file that it is another's.
    for (const n of new Set(moves.flatMap(({ job, from }) => [job.n, from]))) {
      const outcome = history.record(n);
      if (outcome?.outcome === "saved" || outcome?.outcome === "unchanged") void journal.outcome(moving(outcome));
    }
    await journal.sync();
    moved = rehome(moves, {
      ...options,
      record: (n) => settled(history.record(n)),
      forget: (n) => history.forget(n),
      append: (outcome) => void journal.outcome(outcome),
    });
    await journal.sync(); // they are read again below
    ({ counts, rest } = await survey(again(), history, common));
  }
  const { left, ...before } = counts;
  const { saved, failed, skipped } = before;
  const said = [
    update ? "updating" : `resuming: ${thousands(saved)} saved earlier`,
    ...(moved > 0 ? [`${thousands(moved)} moved within the list`] : []),
    ...(failed > 0 ? [`${thousands(failed)} failed for good (--retry-failed tries them again)`] : []),
    ...(skipped > 0 ? [`${thousands(skipped)} skipped (--retry-failed tries them again)`] : []),
    `${thousands(left)} ${update ? "to look at" : "to do"}`,
  ];
  note(said.join(", "));
  if (rest === undefined) return unfinished(source, history, { ...common, left });
  // So few that the list need not be read once more.
  return unfinished(sourceOf(rest), history, { ...common, left, before });
}

function sourceOf(jobs: readonly Job[]): Source {
  return {
    async *[Symbol.asyncIterator]() {
      if (jobs.length > 0) yield jobs;
    },
    total: () => ({ jobs: jobs.length, exact: true }),
  };
}

/** A record that is taken back for the time being: its line is open, should the run end here. */
function moving(outcome: Saved | Unchanged): Failed {
  return { ...outcome, outcome: "failed", error: "write_failed", detail: MOVING, retryable: true };
}

function settled(outcome: Outcome | undefined): Outcome | undefined {
  if (outcome?.outcome !== "failed" || outcome.detail !== MOVING) return outcome;
  const { error: _error, detail: _detail, retryable: _retryable, bytes = 0, status = 200, ...rest } = outcome;
  return { ...rest, outcome: "saved", bytes, status };
}

const MOVING = "being moved within the list";

/** More lines than this in another place are fetched again instead of being remembered here. */
const MAX_MOVES = 2_000_000;

/** So many lines that are left are remembered, instead of reading the list once more to come to them. */
const MAX_REST = 10_000;

/**
 * How many lines are left, which if they are few, and how many are not; whether the earlier run knows any; and those whose
 * URL was saved under another number, not needed there.
 */
async function survey(
  source: Source,
  history: History,
  how: { readonly update: boolean; readonly retryFailed: boolean },
) {
  const counts = { left: 0, saved: 0, failed: 0, skipped: 0 };
  const missed: Job[] = [];
  const rest: Job[] = [];
  let edited = false;
  let isKnown = false;
  let isEmpty = true;
  for await (const jobs of source) {
    isEmpty = false;
    for (const job of jobs) {
      if (isNotOurs(job)) {
        counts.left++;
        if (rest.length <= MAX_REST) rest.push(job);
        continue;
      }
      const state = history.state(job.n, job.url);
      const done = doneAs(state, job.n, history, how);
      isKnown ||= state !== "other" && state !== undefined;
      counts[done ?? "left"]++;
      if (done === undefined && rest.length <= MAX_REST) rest.push(job);
      if (state === "saved") history.meet(job.n);
      // As long as every line is where it was, nothing needs to be looked for: that takes an index of all URLs.
      edited ||= state === "other";
      const isMissed = edited && (state === "other" || state === undefined);
      if (isMissed && missed.length < MAX_MOVES && history.find(job.url) !== undefined) missed.push(job);
    }
  }
  const moves: Move[] = [];
  for (const job of missed) {
    const from = history.find(job.url); // unless its own line was met meanwhile
    if (from === undefined) continue;
    history.meet(from); // no second line gets it
    moves.push({ job, from });
  }
  return { isKnown, isEmpty, moves, counts, rest: rest.length <= MAX_REST ? rest : undefined };
}

function isWhole(folder: string, { file, bytes }: Known): boolean {
  const stats = statsOf(join(folder, file));
  return stats?.isFile() === true && stats.size === bytes;
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether two paths lead to one file, links followed. */
export function sameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
