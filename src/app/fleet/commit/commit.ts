// Commits an attempt at a chunk: its results get their final name by a link, which the first attempt wins; then its files are moved.

import { existsSync, linkSync, lstatSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { LAYOUT, STATE_FOLDER } from "../../../core/layout.ts";
import { isNotSyncable, syncFolderSync } from "../../../fs/sync.ts";
import { chunkName, resultsPath } from "../../../queue/chunk.ts";
import { makeFolder } from "../../../sink/folder/output-folder.ts";
import { RESULTS } from "../plan.ts";
import { type AttemptResults, failTaken, readResults } from "./attempt-results.ts";
import { releaseNames } from "./name-claims.ts";
import { FILES_PER_TURN, isSameContent, refuseTakenArchives, takenNames } from "./taken-names.ts";

export interface CommitOptions {
  readonly folder: string;
  readonly chunk: number;
  /** Sync names to the disk before the commit counts. */
  readonly isSynced: boolean;
  /** The folder was empty when the list was enqueued: as in a run, only names of the list are looked for then. Default false. */
  readonly wasEmpty?: boolean;
  readonly note: (text: string) => void;
}

/** Where the results of a chunk are when it is done. */
export function committedPath(folder: string, chunk: number): string {
  return join(folder, RESULTS, resultsPath(chunk));
}

export function isCommitted(folder: string, chunk: number): boolean {
  return existsSync(committedPath(folder, chunk));
}

/**
 * Commits what is in the attempt's folder, a whole run of the chunk. Returns its counts; undefined where another attempt was first:
 * then nothing of this one is left. Throws file-system errors.
 */
export async function commit(
  attempt: string,
  options: CommitOptions,
  counted?: AttemptResults,
): Promise<AttemptResults | undefined> {
  const { folder, chunk, isSynced } = options;
  const from = join(attempt, LAYOUT.journal);
  // 1. A name that has another file: nothing of the user is replaced, so the line fails.
  let results = counted ?? readResults(from);
  refuseTakenArchives(results.archives, folder);
  const taken = await takenNames(attempt, results, options);
  if (taken.size > 0) {
    failTaken(from, taken);
    releaseNames(folder, [...taken], chunk);
    results = readResults(from);
  }
  // 2. The commit.
  const to = committedPath(folder, chunk);
  makeFolder(dirname(to));
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (!isSameFile(from, to)) {
      removeAttempt(attempt);
      return undefined;
    }
    // NFS has sent a link again that it had made before.
  }
  if (isSynced) for (const path of [dirname(to), join(folder, RESULTS)]) syncWhereItCan(path);
  // 3. What follows can be done by any worker, and again.
  await publish(attempt, results, options, true);
  removeLosers(attempt, options);
  return results;
}

/** Removes other attempts at a committed chunk: of killed workers, or of one that is about to find that it was not first. */
function removeLosers(winner: string, { folder, chunk }: CommitOptions): void {
  for (const attempt of attemptsOf(folder, chunk)) if (attempt !== winner) removeAttempt(attempt);
}

/**
 * Finishes what a killed worker has left of a committed chunk: moves the files of the attempt that was first, and removes the
 * others. Returns the counts of the chunk; undefined where it is not committed. Throws file-system errors.
 */
export async function settleChunk(options: CommitOptions): Promise<AttemptResults | undefined> {
  const { folder, chunk } = options;
  const path = committedPath(folder, chunk);
  if (!existsSync(path)) return undefined;
  const results = readResults(path);
  for (const attempt of attemptsOf(folder, chunk)) {
    if (isSameFile(join(attempt, LAYOUT.journal), path)) await publish(attempt, results, options);
    else removeAttempt(attempt);
  }
  return results;
}

/** The folders of attempts at a chunk, those that were given back included. */
export function attemptsOf(folder: string, chunk: number): readonly string[] {
  const state = join(folder, STATE_FOLDER);
  const name = chunkName(chunk);
  return readdirSync(state)
    .filter((one) => one === name || one.startsWith(`${name}-`))
    .map((one) => join(state, one));
}

/** Moves the files of a committed attempt to their names, and removes its folder. `areFree`: the names have just been looked for. */
async function publish(
  attempt: string,
  results: AttemptResults,
  { folder, chunk, note }: CommitOptions,
  areFree = false,
): Promise<void> {
  let isWhole = true;
  let moved = 0;
  for (const file of [...results.files, ...existing(attempt, results.archives)]) {
    if (++moved % FILES_PER_TURN === 0) await new Promise(setImmediate);
    const [from, to] = [`${attempt}/${file}`, `${folder}/${file}`];
    if ((areFree && isRenamed(from, to)) || move(from, to)) continue;
    if (await isSameContent(from, to)) continue;
    isWhole = false;
    note(`${to}: another file got this name meanwhile: the body is ${from}`);
  }
  releaseNames(folder, results.named, chunk);
  if (isWhole) removeAttempt(attempt);
}

/** Renames a file; false where that failed: its folder is missing, or another worker has moved it. */
function isRenamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** Archives without an index have none, and those that a killed worker has moved are in their places. */
function existing(attempt: string, archives: readonly string[]): readonly string[] {
  return archives.filter((name) => existsSync(join(attempt, name)));
}

/** Removes the folder of an attempt that is over, or that is not to go on. */
export function removeAttempt(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    // A worker that does not know yet that it was not first has just created a file there: the next `enqueue` removes it.
    if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY") throw error;
  }
}

/**
 * Gives a file its name; false if another file has it. True if another worker has moved it. A link and an unlink would take twice the
 * time of a rename; `takenNames` has looked at the name before.
 */
function move(from: string, to: string): boolean {
  for (let i = 0; ; i++) {
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) {
      if (!existsSync(from)) return true;
      if (!isSameFile(from, to)) return false;
      unlinkIfThere(from);
      return true;
    }
    try {
      renameSync(from, to);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || i > 0) throw error;
      if (!existsSync(from)) return existsSync(to);
      makeFolder(dirname(to));
    }
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

function syncWhereItCan(path: string): void {
  try {
    syncFolderSync(path);
  } catch (error) {
    if (!isNotSyncable(error)) throw error;
  }
}
