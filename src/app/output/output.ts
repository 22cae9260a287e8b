// Opens the output folder: journal, sink, resume and reporters; and closes it with one record per line.

import type { DuplicateSource } from "../../core/job.ts";
import type { Layout } from "../../core/layout.ts";
import type { Sink, Source } from "../../core/ports.ts";
import type { NamedReporter } from "../../core/run/combine-reporters.ts";
import { type History, readHistory } from "../../journal/history.ts";
import { recordedFiles } from "../../journal/verifying/recorded-files.ts";
import { type RunLog, runLog } from "../../journal/writing/run-log.ts";
import { failedList } from "../../report/failed-list.ts";
import { type ResumedRun, resumeRun } from "../../resume/resume.ts";
import type { KeptThread } from "../../sink/directory/kept-thread.ts";
import { conflictCheck } from "../../sink/directory/name-conflict.ts";
import { asFolderError, removeEmptyFile } from "../../sink/folder/output-folder.ts";
import type { FileNames } from "../../sink/names/file-names.ts";
import { refuseUnnumbered } from "../../source/unnumbered-lines.ts";
import { VERSION } from "../../version.ts";
import type { DownloadPlan } from "../download.ts";
import { layoutFor } from "../list-shard.ts";
import { mayStartThread } from "../process-limits.ts";
import { wordedForStore } from "../store/store-wording.ts";
import { namingOf } from "./file-sink.ts";
import { abandonFolder, type OpenFolder, openFolder, releaseFolder } from "./open-folder.ts";
import { otherShards } from "./other-shards.ts";
import { OUTPUT_DEFAULTS, type ResolvedOutputOptions } from "./output-options.ts";
import { openPages, type Pages } from "./output-pages.ts";
import { openSink, type SharedSink } from "./output-registry.ts";
import { settle, settleAfresh } from "./previous-run.ts";
import { type OnRecord, openRunJournal } from "./run-journal.ts";
import { containerFormatOf, openShardOutput, refuseOtherFormat, type ShardOutput } from "./shard-output.ts";

export interface Output {
  readonly sink: Sink;
  /** How worker processes write into the folder. */
  readonly shared: SharedSink | undefined;
  /** The file that was saved for a URL; with `dedupe` only. */
  readonly savedFileOf: ((url: string) => DuplicateSource | undefined) | undefined;
  /** The name of a line as far as it is known before its response, where names depend on responses. */
  readonly expect: DownloadPlan["expect"];
  /** There is no earlier run that this one resumes. */
  readonly isNew: boolean;
  /** The journal, and the list of failures. */
  readonly reporters: readonly NamedReporter[];
  /** The list of runs in the folder; `end` may be called after `close`. */
  readonly runs: RunLog;
  /** Returns the lines that are left to do. `again` returns the source a second time, if it can be read twice. Throws a FolderError. */
  resume(source: Source, again?: () => Source): Promise<Source>;
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
  /** The thread that writes small bodies. Default: a new one. */
  readonly thread?: KeptThread;
  /** The names of the run's own files. Default: by the options. */
  readonly layout?: Layout;
  /** The command line, without secrets, for runs.jsonl, and for archives that describe how they were made. */
  readonly command?: string | undefined;
}

/** Opens the folder. Throws a FolderError, a LockedError, a JournalError or an OptionError. */
export async function openOutput(options: ResolvedOutputOptions, context: OutputContext): Promise<Output> {
  const opening = opened(options, context);
  return await (options.store === undefined ? opening : wordedForStore(opening));
}

async function opened(options: ResolvedOutputOptions, context: OutputContext): Promise<Output> {
  const names = namingOf(options);
  const format = containerFormatOf(options);
  const folder = await openFolder(options, { layout: layoutFor(options), ...context });
  try {
    refuseOtherFormat(folder.path, folder.history, format ?? "files");
    const { layout, paths, history } = folder;
    const { processes = 1, note } = context;
    const shards =
      format &&
      (await openShardOutput(format, options, {
        ...{ paths, layout, history, processes, note },
        command: context.command,
      }));
    return outputIn(folder, names, shards, options, context);
  } catch (error) {
    await abandonFolder(folder);
    throw asFolderError(error, folder.path);
  }
}

function outputIn(
  open: OpenFolder,
  names: FileNames,
  shards: ShardOutput | undefined,
  options: ResolvedOutputOptions,
  context: OutputContext,
): Output {
  const { path: folder, layout, paths, empty, mark, history, failures, isFedBack, store } = open;
  const { note, processes = 1, stays = false, stop } = context;
  const { update = false, dedupe = false, prune = false, retryFailed = false } = options;
  const durability = options.durability ?? OUTPUT_DEFAULTS.durability;
  const resuming = history !== undefined;
  const { state, journal: journalPath } = paths;

  // 1. The journal. Resuming and `dedupe` look up its records, also those of this run.
  let lines = history;
  const isLookedUp = resuming || dedupe;
  const onRecord: OnRecord = (outcome, offset) => {
    shards?.recorded(outcome, () => journal.flush());
    lines?.add(outcome, offset);
  };
  const journal = openRunJournal(folder, journalPath, history, {
    onRecord: isLookedUp || shards !== undefined ? onRecord : undefined,
    isSynced: durability !== "none",
    note,
  });
  if (isLookedUp)
    lines ??= readHistory(folder, journalPath, { state, mayStartThread: mayStartThread(), remote: store?.remote });

  // 2. The files that may be overwritten: those of a killed run without a record, and those of lines that are gone (step 4).
  let resumed: ResumedRun | undefined;
  const spans = mark.unrecorded;
  const others = layout.shard && otherShards(folder, layout.shard);
  const recorded = resuming ? recordedFiles(journalPath) : () => false;
  const current = resuming
    ? recordedFiles(journalPath, { isCurrent: history.isLast, flush: () => journal.flush() })
    : () => false;
  const known = {
    recorded: (file: string) => recorded(file) || others?.mayOwn(file) === true,
    counts: (file: string) => current(file) || others?.recorded(file) === true,
    yields: (file: string) => resumed?.freeName(file) === true,
  };

  // 3. The sink.
  const asFiles = () =>
    openSink("files", {
      ...{ folder, state, journal: journalPath, shard: layout.shard, stays, empty, resuming },
      ...{ startMs: mark.startMs, spans, processes, isPrivate: options.attempt !== undefined },
      ...{ name: options.name ?? OUTPUT_DEFAULTS.name, perDir: options.perDir },
      hash: options.hash !== undefined,
      saveHeaders: options.saveHeaders === true,
      remoteTime: options.remoteTime === true,
      durable: durability === "file",
      probeMs: mark.tookMs,
      minFree: options.minFree ?? OUTPUT_DEFAULTS.minFree,
      ...{ known, context: { stop, thread: context.thread } },
    });
  const bodies = shards ? openSink("container", shards.plan) : store && openSink("objects", store.plan(options));
  const { sink: opened, shared } = bodies ?? asFiles();
  const sink = store?.guarded(opened) ?? opened;

  // 4. The comparison of the list with the earlier run.
  const conflictOf = conflictCheck({ spans, ...known }, names.unique);
  if (resuming && shards === undefined && store === undefined)
    resumed = resumeRun({
      ...{ folder, state, journalName: layout.journal, isFixed: layout.isShared },
      ...{ names, journal, conflictOf, prune, note, history, stop },
    });

  // 5. The reporters. The list of failures of a resumed run is written from the journal, when the output is closed.
  const reporters: NamedReporter[] = [{ name: layout.journal, reporter: journal }];
  if (!resuming && !failures.isOwnList)
    reporters.push({ name: layout.failedList, reporter: failedList(paths.failedList, paths.failedListPart) });

  const runs = runLog({ path: paths.runs, version: VERSION, command: context.command, note });
  let pages: Pages | undefined;
  return {
    sink,
    shared,
    reporters,
    isNew: !resuming,
    runs,
    expect: names.isUncertain ? names.before : undefined,
    savedFileOf: dedupe && lines !== undefined ? savedFilesIn(lines, update) : undefined,
    async resume(source, again) {
      pages = source.keepPages && openPages(source.keepPages, state, history, { update, retryFailed });
      if (history === undefined) return source;
      const find = (url: string) => history.findSaved(url) ?? history.findFailure(url);
      const checked = (list: Source) => refuseUnnumbered(list, { state: history.state, find });
      const how = {
        again: again && (() => checked(again())),
        update,
        retryFailed: retryFailed || isFedBack,
        isPart: isFedBack,
      };
      const remaining = resumed
        ? resumed.remaining(checked(source), how)
        : ((shards ?? store?.resumed(history))?.remaining(checked(source), how.again, how.retryFailed) ??
          Promise.resolve(source));
      return await remaining.catch((error: unknown) => {
        throw asFolderError(error, folder);
      });
    },
    async close(isVain = false, isHurried = false) {
      const isUnsure = sink.isUnsure?.() === true;
      try {
        if (!journal.isStarted) await journal.end();
        const isRecorded = journal.problem === undefined && (journal.isComplete || !journal.isStarted) && !isUnsure;
        if (isRecorded) mark.end();
        await resumed?.close();
        const sealed = shards?.stop();
        if (!isUnsure) await sealed; // on a disk that is stuck, this may take forever
        if (shards !== undefined && isRecorded) {
          await sink.idle?.();
          sink.sweep?.(); // files of bodies that were copied into a shard and not removed yet, by workers too
          await shards.seal();
        }
        const isReplaced = journal.isStarted && journal.problem !== undefined;
        if (journal.isStarted && !isReplaced && resuming && !isHurried) settle(paths, history, failures);
        else lines?.close(); // a refused run changes nothing
        pages?.end({ isComplete: stop?.aborted !== true && !isUnsure, isVain: isVain && !resuming });
        if (isReplaced) settleAfresh(paths, resuming, failures, journal, store?.remote);
        if (isVain && !resuming) {
          removeEmptyFile(journalPath);
          runs.withdraw();
        }
        if (journal.isStarted && !isHurried && !isUnsure) await store?.end();
      } finally {
        await releaseFolder(open, sink, isVain);
      }
    },
  };
}

/** The file that was saved for a URL; with `update`, only by this run. */
function savedFilesIn(lines: History, update: boolean): (url: string) => DuplicateSource | undefined {
  const since = new Date().toISOString();
  return (url) => {
    const saved = lines.duplicateSource(url);
    return saved === undefined || (update && saved.time < since) ? undefined : saved;
  };
}
