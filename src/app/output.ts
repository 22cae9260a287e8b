// Opens the output folder: lock, journal, sink and resume; and closes it with one record per line.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { FolderError, OptionError } from "../core/errors.ts";
import type { SavedFile } from "../core/job.ts";
import { LAYOUT } from "../core/layout.ts";
import type { Sink, Source } from "../core/ports.ts";
import { completeness, type NamedReporter } from "../core/run/combine-reporters.ts";
import { type History, readHistory } from "../journal/history.ts";
import { recordedFiles } from "../journal/recorded-files.ts";
import { failedList } from "../report/failed-list.ts";
import { hasRemovedLines } from "../resume/removed-lines.ts";
import { resumeRun } from "../resume/resume.ts";
import { conflictCheck } from "../sink/directory/name-conflict.ts";
import { dropAll, dropUnusable } from "../sink/directory/partial-files.ts";
import { lockFolder } from "../sink/folder/lock.ts";
import {
  asFolderError,
  prepareFolder,
  removeEmptyFile,
  removeIfEmpty,
  sameFile,
} from "../sink/folder/output-folder.ts";
import { startOver } from "../sink/folder/start-over.ts";
import { markRun, type RunMark } from "../sink/folder/unclean-shutdown.ts";
import { unlock } from "../sink/folder/unlock.ts";
import { refuseUnnumbered } from "../source/unnumbered-lines.ts";
import type { DownloadPlan } from "./download.ts";
import { namingOf } from "./file-sink.ts";
import { type FailedListOwner, failedListOwner } from "./foreign-files.ts";
import { OUTPUT_DEFAULTS, type OutputOptions } from "./output-options.ts";
import { openSink, type SharedSink } from "./output-registry.ts";
import { type Listing, listing, readBack, setAside, settle, settleAfresh } from "./previous-run.ts";
import { mayStartThread } from "./process-limits.ts";
import { type OnRecord, openJournal, watchedJournal } from "./run-journal.ts";

export interface Output {
  readonly sink: Sink;
  /** How worker processes write into the folder. */
  readonly shared: SharedSink | undefined;
  /** The file that was saved for a URL; with `dedupe` only. */
  readonly twinOf?: (url: string) => SavedFile | undefined;
  /** The name of a line as far as it is known before its response, where names depend on responses. */
  readonly expect?: DownloadPlan["expect"];
  /** The journal, and the list of failures. */
  readonly reporters: readonly NamedReporter[];
  /** Returns the lines that are left to do. `again` returns the source a second time, if it can be read twice. Throws a FolderError. */
  goOn(source: Source, again?: () => Source): Promise<Source>;
  /**
   * Call it after all reporters have ended. Reduces the journal to one record per line, writes the list of failures and removes
   * the lock. Throws the errno error. `isVain`: the input was no list, so a folder that this run created is removed. `isHurried`:
   * work that the next run can do is skipped.
   */
  close(isVain?: boolean, isHurried?: boolean): Promise<void>;
}

export interface OutputContext {
  /** The paths of the input lists: `force` does not delete them, and failed.txt may be one. */
  readonly lists: readonly string[];
  /** Prints a message for the user. */
  readonly note: (text: string) => void;
  /** Maximum number of processes that write into the folder. Default 1. */
  readonly processes?: number;
  /** Whether the process never changes its working directory, so that relative paths stay valid. Default false. */
  readonly stays?: boolean;
  /** Aborts when the run is to end. */
  readonly stop?: AbortSignal | undefined;
}

/** Opens the folder. Throws a FolderError, a LockedError, a JournalError or an OptionError. */
export async function openOutput(options: OutputOptions, context: OutputContext): Promise<Output> {
  const { lists, note, processes = 1, stays = false, stop } = context;
  const folder = options.outputDir ?? OUTPUT_DEFAULTS.outputDir;
  const durability = options.durability ?? OUTPUT_DEFAULTS.durability;
  const force = options.force ?? false;
  const naming = namingOf(options);
  let whose: FailedListOwner;
  try {
    whose = failedListOwner(folder, lists, force); // before anything is created there
  } catch (error) {
    throw asFolderError(error, folder);
  }
  const isNew = !existsSync(folder);
  const { state, empty, earlier } = prepareFolder(folder);
  const lock = await lockFolder(state, folder).catch((error: unknown) => {
    throw asFolderError(error, folder);
  });
  const [journalPath, failedPath] = [join(folder, LAYOUT.journal), join(folder, LAYOUT.failedList)];
  let began: RunMark | undefined;
  try {
    if (earlier && force) {
      setAside(folder, state, note);
      await startOver(folder, lists, hasRemovedLines(folder));
    }
    // Before this run's time span begins: a kill between link and unlink leaves a saved file with two names. Removing one of them
    // sets the ctime of the file, by which the file is assigned to that run.
    if (force) dropAll(state);
    else dropUnusable(state);
    const resuming = earlier && !force;
    const beginning = markRun(state);
    began = beginning;
    const history = resuming ? readBack(folder, state, note) : undefined;
    const isList = lists.some((list) => sameFile(list, failedPath));
    const failures: Listing =
      history === undefined || whose === "list"
        ? { isOwnList: whose === "list", before: undefined }
        : listing(folder, history, isList);
    const { isOwnList } = failures;
    if (isOwnList) note(`${failedPath}: is the list itself and stays as it is: what fails is in ${LAYOUT.journal}`);
    const isFedBack = isList && !isOwnList;
    if (isFedBack && lists.length > 1) {
      history?.close();
      const why = "is fed back by itself only: the lines of other lists would have other numbers beside it";
      throw new FolderError("usage", `${failedPath}: ${why}`);
    }
    if (isFedBack && options.prune === true) {
      history?.close();
      const why = "that is a part of a list, and all that is saved is not in it";
      throw new OptionError(`does not go with the list ${failedPath}: ${why}`, "prune");
    }
    // Files of a killed run that have no record may be overwritten.
    const spans = beginning.unrecorded;
    const known = {
      recorded: resuming ? recordedFiles(journalPath) : () => false,
      counts:
        history === undefined
          ? () => false
          : recordedFiles(journalPath, { isCurrent: history.isLast, flush: () => records.flush() }),
      yields: (file: string) => resumed?.freeName(file) === true,
    };
    const isKnown = resuming || options.dedupe === true;
    const onRecord: OnRecord = (outcome, offset) => lines?.add(outcome, offset);
    const records = openJournal(folder, journalPath, history, isKnown ? onRecord : undefined);
    // `dedupe` looks URLs up in a new journal as well.
    const lines = history ?? (isKnown ? readHistory(folder, journalPath, mayStartThread()) : undefined);
    const { sink, shared } = openSink("files", {
      ...{ folder, state, stays, empty, resuming, startMs: beginning.startMs, spans, processes },
      name: options.name ?? OUTPUT_DEFAULTS.name,
      ...(options.perDir === undefined ? {} : { perDir: options.perDir }),
      hash: options.hash !== undefined,
      durable: durability === "file",
      probeMs: beginning.tookMs,
      minFree: options.minFree ?? OUTPUT_DEFAULTS.minFree,
      ...{ known, stop },
    });
    const conflictOf = conflictCheck({ spans, ...known }, naming.unique);
    const about = { folder, state, names: naming, journal: records, conflictOf, prune: options.prune === true, note };
    const resumed = history && resumeRun({ ...about, history, stop });
    const keeping = completeness(watchedJournal(records, folder, durability !== "none", note));
    const reporters: NamedReporter[] = [{ name: LAYOUT.journal, reporter: keeping.reporter }];
    if (history === undefined && !isOwnList)
      reporters.push({ name: LAYOUT.failedList, reporter: failedList(failedPath, join(state, LAYOUT.failedList)) });
    return {
      sink,
      shared,
      reporters,
      ...(naming.isUncertain ? { expect: naming.before } : {}),
      ...(options.dedupe === true && lines !== undefined ? { twinOf: twinsIn(lines, options.update === true) } : {}),
      async goOn(source, again) {
        if (history === undefined || resumed === undefined) return source;
        const { update = false, retryFailed = false } = options;
        const find = (url: string) => history.findSaved(url) ?? history.findFailure(url);
        const checked = (list: Source) => refuseUnnumbered(list, { state: history.state, find });
        const how = {
          again: again && (() => checked(again())),
          update,
          retryFailed: retryFailed || isFedBack,
          isPart: isFedBack,
        };
        return await resumed.remaining(checked(source), how).catch((error: unknown) => {
          throw asFolderError(error, folder);
        });
      },
      async close(isVain = false, isHurried = false) {
        const isUnsure = sink.isUnsure?.() === true;
        try {
          if (!keeping.isBegun) await records.end();
          if (records.problem === undefined && (keeping.isWhole || !keeping.isBegun) && !isUnsure) beginning.end();
          await resumed?.close();
          // A refused run changes nothing.
          if (!keeping.isBegun) lines?.close();
          else if (records.problem !== undefined) {
            lines?.close();
            settleAfresh(folder, state, history !== undefined, failures, records);
          } else if (history !== undefined && !isHurried) settle(folder, state, history, failures);
          else lines?.close();
          if (isVain && history === undefined) removeEmptyFile(journalPath);
        } finally {
          await unlock(lock, state, sink);
        }
        if (isVain && isNew) removeIfEmpty(folder);
      },
    };
  } catch (error) {
    began?.end();
    await unlock(lock, state);
    throw asFolderError(error, folder);
  }
}

/** The file that was saved for a URL; with `update`, only by this run. */
function twinsIn(lines: History, update: boolean): (url: string) => SavedFile | undefined {
  const since = new Date().toISOString();
  return (url) => {
    const twin = lines.duplicateSource(url);
    return twin === undefined || (update && twin.time < since) ? undefined : twin;
  };
}
