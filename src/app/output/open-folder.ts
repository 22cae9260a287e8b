// Opens the output folder of a run: refuses foreign files, locks the folder, starts over or reads the earlier run.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { FolderError, OptionError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { type Layout, STATE_FOLDER, STATE_LAYOUT } from "../../core/layout.ts";
import type { Sink } from "../../core/ports.ts";
import { type OwnPaths, ownPaths } from "../../fs/own-paths.ts";
import type { History } from "../../journal/history.ts";
import { hasRemovedLines } from "../../resume/removed-folder.ts";
import { dropUnsealedShards } from "../../sink/container/shard-names.ts";
import { dropAll, dropUnusable } from "../../sink/files/partial-files.ts";
import { type Lock, lockFolder } from "../../sink/folder/lock.ts";
import { asFolderError, prepareFolder, removeIfEmpty, sameFile } from "../../sink/folder/output-folder.ts";
import { claimDivision, refuseOtherDivision } from "../../sink/folder/shards-file.ts";
import { startOver } from "../../sink/folder/start-over.ts";
import { markRun, type RunMark } from "../../sink/folder/unclean-shutdown.ts";
import { unlock } from "../../sink/folder/unlock.ts";
import { storeOutputOf } from "../store/open-store-output.ts";
import { refuseStateOfStore } from "../store/store-option.ts";
import type { StoreOutput } from "../store/store-output.ts";
import { type FailedListOwner, failedListOwner, refuseOthersFailures } from "./foreign-files.ts";
import { OUTPUT_DEFAULTS, type OutputOptions, type ResolvedOutputOptions } from "./output-options.ts";
import { dropPages } from "./output-pages.ts";
import { type Listing, listing, readBack, setAside } from "./previous-run.ts";

export interface OpenFolder {
  readonly path: string;
  readonly layout: Layout;
  readonly paths: OwnPaths;
  /** The folder had no files. */
  readonly empty: boolean;
  readonly lock: Lock;
  readonly mark: RunMark;
  /** The earlier run that this one resumes, if any. */
  readonly history: History | undefined;
  readonly failures: Listing;
  /** The input is the list of failures that a run wrote in this folder. */
  readonly isFedBack: boolean;
  /** This run created the folder. */
  readonly isNew: boolean;
  /** The store that bodies are put into, where the folder has only the state of the run. */
  readonly store: StoreOutput | undefined;
}

export interface FolderContext {
  /** The paths of the input lists. */
  readonly lists: readonly string[];
  readonly layout: Layout;
  readonly note: (text: string) => void;
}

/** Throws a FolderError, a LockedError, a JournalError, an OptionError or the errno error. */
export async function openFolder(options: ResolvedOutputOptions, context: FolderContext): Promise<OpenFolder> {
  const store = await storeOutputOf(options, context);
  try {
    return await openedFolder(options, context, store);
  } catch (error) {
    store?.close(true);
    throw error;
  }
}

async function openedFolder(
  options: OutputOptions,
  { lists, layout, note }: FolderContext,
  store: StoreOutput | undefined,
): Promise<OpenFolder> {
  const { outputDir: path = OUTPUT_DEFAULTS.outputDir, force = false, prune = false } = options;
  const paths = ownPaths(path, layout);
  const { state } = paths;
  const shard = layout.shard && { ...layout.shard, by: options.shardBy ?? OUTPUT_DEFAULTS.shardBy };

  // 1. Refuse files that no run wrote, before anything is created.
  let owner: FailedListOwner;
  try {
    if (shard !== undefined || !layout.isShared) refuseOtherDivision(path, shard);
    refuseOthersFailures(paths, lists);
    owner = failedListOwner(paths, lists, force);
  } catch (error) {
    throw asFolderError(error, path);
  }

  if (existsSync(join(path, STATE_FOLDER, STATE_LAYOUT.fleet))) throw new FolderError("usage", fleetAdvice(path));

  // 2. Create the folder and lock it.
  const isNew = !existsSync(path);
  const { empty, earlier } = prepareFolder(path, layout, () => shard && claimDivision(path, shard));
  const lock = await lockFolder(state, path, layout.state).catch((error: unknown) => {
    throw asFolderError(error, path);
  });

  let mark: RunMark | undefined;
  let history: History | undefined;
  try {
    if (!layout.isShared) refuseOtherDivision(path, undefined); // a shard may have begun meanwhile
    if (store === undefined && earlier) refuseStateOfStore(path);

    // 3. Start over, or remove partial files of no use. Before this run's time span begins: a kill between link and unlink leaves a
    //    saved file with two names. Removing one of them sets the ctime of the file, by which the file is assigned to that run.
    if (earlier && force) {
      setAside(paths, note);
      await store?.removeRecorded();
      await startOver(paths, lists, !layout.isShared && hasRemovedLines(path));
    }
    if (force) {
      dropAll(state);
      dropUnsealedShards(state);
      dropPages(state);
    } else dropUnusable(state);

    // 4. Mark the beginning of this run.
    mark = markRun(state);

    // 5. Read the earlier run and its list of failures.
    if (earlier && !force) history = readBack(paths, note, store?.remote);
    const { failures, isFedBack } = failuresIn(paths, history, { owner, lists, prune });
    await store?.begin();
    if (failures.isOwnList)
      note(`${paths.failedList}: is the list itself and stays as it is: what fails is in ${layout.journal}`);
    return { path, layout, paths, empty, lock, mark, history, failures, isFedBack, isNew, store };
  } catch (error) {
    history?.close();
    mark?.end();
    await unlock(lock, path, layout);
    throw asFolderError(error, path);
  }
}

/** A run would take the names of lines that a fleet's workers are about to save. */
function fleetAdvice(path: string): (words: Wording) => string {
  return (words) =>
    `${path}: holds the results of a fleet: go on with bulkget enqueue and bulkget work, or ${useAnotherFolder(words)}`;
}

/** The list of failures of an earlier run, and whether it is the input. Throws for options that do not go with that. */
export function failuresIn(
  paths: OwnPaths,
  history: History | undefined,
  about: { readonly owner: FailedListOwner; readonly lists: readonly string[]; readonly prune: boolean },
): Pick<OpenFolder, "failures" | "isFedBack"> {
  const { owner, lists, prune } = about;
  const failedPath = paths.failedList;
  const isList = lists.some((list) => sameFile(list, failedPath));
  const failures: Listing =
    history === undefined || owner === "list"
      ? { isOwnList: owner === "list", before: undefined }
      : listing(paths, history, isList);
  const isFedBack = isList && !failures.isOwnList;
  if (isFedBack) refuseFedBack(failedPath, lists, prune);
  return { failures, isFedBack };
}

/** Throws for other lists beside the list of failures, and for --prune. */
function refuseFedBack(failedPath: string, lists: readonly string[], prune: boolean): void {
  if (lists.length > 1) {
    const why = "is fed back by itself only: the lines of other lists would have other numbers beside it";
    throw new FolderError("usage", `${failedPath}: ${why}`);
  }
  if (prune) {
    const why = "that is a part of a list, and all that is saved is not in it";
    throw new OptionError(`does not go with the list ${failedPath}: ${why}`, "prune");
  }
}

/** Releases the folder after an error. */
export async function abandonFolder({ lock, mark, path, layout, history, store }: OpenFolder): Promise<void> {
  store?.close(true);
  history?.close();
  try {
    mark.end();
  } catch {
    // The disk is full, which may be the error: the next run finds the mark.
  }
  await unlock(lock, path, layout);
}

/** Releases the folder at the end of a run. `isVain`: removes a folder that this run created. Waits for writes of `sink`. */
export async function releaseFolder(
  { path, layout, lock, isNew, store }: OpenFolder,
  sink: Sink,
  isVain: boolean,
): Promise<void> {
  store?.close(isVain);
  await unlock(lock, path, layout, sink);
  if (isVain && isNew) removeIfEmpty(path);
}
