// Commits an attempt at a chunk: its results get their final name by a link, which the first attempt wins; then its files are moved.

import { closeSync, existsSync, linkSync, lstatSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { FolderError } from "../../../core/errors.ts";
import { LAYOUT, STATE_FOLDER } from "../../../core/layout.ts";
import { openToRead } from "../../../fs/open-nofollow.ts";
import { isNotSyncable, syncFolderSync } from "../../../fs/sync.ts";
import { chunkName, resultsPath } from "../../../queue/chunk.ts";
import { hasSameContentAsync } from "../../../sink/files/same-content.ts";
import { makeFolder } from "../../../sink/folder/output-folder.ts";
import { RESULTS } from "../plan.ts";
import { type AttemptResults, failTaken, readResults } from "./attempt-results.ts";
import { claimName, releaseNames } from "./name-claims.ts";

/** After this many files the event loop gets a turn, so that leases are renewed. */
const FILES_PER_TURN = 200;

export interface CommitOptions {
  readonly folder: string;
  readonly chunk: number;
  /** Sync names to the disk before the commit counts. */
  readonly isSynced: boolean;
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
export async function commit(attempt: string, options: CommitOptions): Promise<AttemptResults | undefined> {
  const { folder, chunk, isSynced } = options;
  const from = join(attempt, LAYOUT.journal);
  // 1. A name that has another file: nothing of the user is replaced, so the line fails.
  let results = readResults(from);
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
  await publish(attempt, results, options);
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

/** Moves the files of a committed attempt to their names, and removes its folder. */
async function publish(
  attempt: string,
  results: AttemptResults,
  { folder, chunk, note }: CommitOptions,
): Promise<void> {
  let isWhole = true;
  let moved = 0;
  for (const file of [...results.files, ...existing(attempt, results.archives)]) {
    if (++moved % FILES_PER_TURN === 0) await new Promise(setImmediate);
    if (move(join(attempt, file), join(folder, file))) continue;
    if (await isSameContent(join(attempt, file), join(folder, file))) continue;
    isWhole = false;
    note(`${join(folder, file)}: another file got this name meanwhile: the body is ${join(attempt, file)}`);
  }
  releaseNames(folder, results.named, chunk);
  if (isWhole) removeAttempt(attempt);
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

/** Names of an attempt's files that are not theirs: other files have them, with other content, or results may. */
async function takenNames(
  attempt: string,
  { files, named }: AttemptResults,
  { folder, chunk }: CommitOptions,
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  for (const file of named) if (!claimName(folder, file, chunk)) taken.add(file);
  for (const file of files) if (file.startsWith(`${RESULTS}/`)) taken.add(file);
  let checked = 0;
  for (const file of files) {
    if (++checked % FILES_PER_TURN === 0) await new Promise(setImmediate);
    const to = join(folder, file);
    if (lstatSync(to, { throwIfNoEntry: false }) === undefined) continue;
    if (!(await isSameContent(join(attempt, file), to))) taken.add(file);
  }
  return taken;
}

/** No other attempt has archives of these names. Throws a FolderError for files of others, and the next attempt takes other names. */
function refuseTakenArchives(archives: readonly string[], folder: string): void {
  const taken = archives.find((name) => existsSync(join(folder, name)));
  if (taken !== undefined)
    throw new FolderError("usage", `${join(folder, taken)}: is there already, and is not replaced`);
}

async function isSameContent(one: string, other: string): Promise<boolean> {
  const [ours, theirs] = [lstatSync(one, { throwIfNoEntry: false }), lstatSync(other, { throwIfNoEntry: false })];
  if (ours === undefined || theirs?.isFile() !== true || ours.size !== theirs.size) return false;
  const fd = openToRead(one);
  try {
    return await hasSameContentAsync(fd, ours.size, other, false);
  } finally {
    closeSync(fd);
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
