// What was saved of lines that are no longer in the list, where another line needs its place: kept in a folder of its own.

import { lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { readBack } from "../app/previous-run.ts";
import { FolderError, JournalError, useAnotherFolder } from "../core/errors.ts";
import { escapedUrl } from "../core/escape.ts";
import type { Outcome } from "../core/job.ts";
import { knownAs } from "../core/redact.ts";
import { compactJournal } from "../journal/compact.ts";
import { type Chains, chains } from "../journal/hash-chains.ts";
import { type History, readHistory } from "../journal/history.ts";
import { urlHash } from "../journal/parse-record.ts";
import { journalAt } from "../journal/repair.ts";
import { type JournalWriter, journalWriter } from "../journal/writer.ts";
import { GONE, JOURNAL, makeFolder } from "../sink/folder/output-folder.ts";
import { removedFile } from "../sink/folder/start-over.ts";
import { isSaved } from "./record-state.ts";

/** One record that is kept there, and where its file, if it has one, lies from the output folder on. */
export interface RemovedFile {
  readonly n: number;
  readonly record: Outcome;
  readonly file: string | undefined;
}

type Fits = (kept: RemovedFile) => boolean;

export interface RemovedLines {
  /** Files that are there. */
  readonly files: number;
  /** Records that are there, failures without a file as well. */
  readonly recorded: number;
  /**
   * Takes a record, and its file away from its place. A kill at any time leaves the file there or here, and a record that
   * says so. Throws a FolderError where there can be no such folder, and what the file system says.
   */
  take(record: Outcome, file: string): void;
  /** Takes a failure that has no file, for its line to come. Where there can be no such folder it is forgotten. */
  takeFailure(record: Outcome): void;
  /** What was saved for a URL, if `fits` is true of it; or what is known of a line that failed. */
  find(url: string, fits: Fits): RemovedFile | undefined;
  findFailure(url: string, fits: Fits): RemovedFile | undefined;
  /** It is elsewhere by now. */
  give(kept: RemovedFile): void;
  /** Counts what was saved for a URL as one less, until `putBack`; false if there is none left. */
  hold(url: string): boolean;
  putBack(): void;
  /** Removes all that is there; returns how many files that were. */
  prune(): number;
  /**
   * Leaves a journal with one record a file; no folder, if there is none. `isDone`: no line is to come that could have a failure
   * without a file. Throws what the file system says.
   */
  close(isDone: boolean): Promise<void>;
}

/** Whether a run has kept files of lines that are gone there: somebody else's folder of this name is none of ours. */
export function hasRemovedLines(folder: string): boolean {
  const path = join(folder, GONE);
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  try {
    return ["ours", "empty"].includes(journalAt(join(path, JOURNAL)));
  } catch (error) {
    if (error instanceof JournalError) return false;
    throw error;
  }
}

/** Opened when it is first needed, but for one that is there. Throws what the file system says. */
export function removedLines(folder: string, state: string): RemovedLines {
  const path = join(folder, GONE);
  const journalPath = join(path, JOURNAL);
  let opened: Opened | undefined;
  /** What came in this run, by its URL: the history's own index does not grow. */
  const saved = chains();
  const failed = chains();
  let files = 0;
  let last = 0;
  /** Whether there can be such a folder, as far as that was looked at. */
  let isFolder: boolean | undefined;
  if (hasRemovedLines(folder)) {
    opened = open(readBack(path, state, () => {}));
    const { history } = opened;
    history.eachRecord((n, isSaved) => {
      if (isSaved || history.record(n)?.file !== undefined) files++;
    });
  }

  function open(before?: History): Opened {
    const onRecord = (outcome: Outcome, offset: number) => history.add(outcome, offset);
    const from = before === undefined ? {} : { fromBytes: before.bytes };
    const records = journalWriter(journalPath, { onRecord, ...from });
    const history = before ?? readHistory(path, journalPath, false);
    return { history, records };
  }

  function begin(): Opened {
    if (isFree(path)) return open();
    const why = "is there already, and not a run's: files of lines that are no longer in the list are kept there";
    throw new FolderError("usage", (words) => `${path}: ${why}; move it away, or ${useAnotherFolder(words)}`);
  }

  /** A number, and with it a name, that nothing has there. */
  function freeName({ history }: Opened, extension: string): { readonly n: number; readonly file: string } {
    for (let n = Math.max(last, history.recorded) + 1; ; n++) {
      const file = `${String(n).padStart(6, "0")}${extension}`;
      if (history.state(n, "") !== undefined || isThere(join(path, file))) continue;
      last = n;
      return { n, file };
    }
  }

  function keptAs(record: Outcome): RemovedFile {
    const { n, file } = record;
    const isKept = file !== undefined && isThere(join(path, file));
    return { n, record, file: isKept ? `${GONE}/${file}` : undefined };
  }

  function keptUnder({ history }: Opened, n: number): RemovedFile | undefined {
    const record = history.record(n);
    return record && keptAs(record);
  }

  function add({ records }: Opened, record: Outcome): void {
    void records.outcome(record);
    records.flush();
    (isSaved(record) ? saved : failed).add(urlHash(record.url), record.n);
  }

  function inThisRun(fresh: Chains, there: Opened, listed: string, fits: Fits): RemovedFile | undefined {
    const url = knownAs(listed);
    let found: RemovedFile | undefined;
    fresh.find(urlHash(url), (n) => {
      const kept = keptUnder(there, n);
      if (kept !== undefined && escapedUrl(kept.record.url) === url && fits(kept)) found = kept;
      return found !== undefined;
    });
    return found;
  }

  function forget({ history, records }: Opened, n: number, url: string): void {
    records.moved(n, url);
    records.flush();
    history.forget(n);
    for (const fresh of [saved, failed]) fresh.delete(urlHash(url), n);
  }

  return {
    get files() {
      return files;
    },
    get recorded() {
      return opened?.history.recorded ?? 0;
    },
    take(record, from) {
      opened ??= begin();
      const { n, file } = freeName(opened, extensionOf(from));
      add(opened, { ...record, n, file });
      try {
        renameSync(join(folder, from), join(path, file));
      } catch (error) {
        forget(opened, n, record.url);
        throw error;
      }
      files++;
    },
    takeFailure(record) {
      if (opened === undefined) isFolder ??= isFree(path);
      if (isFolder === false) return;
      opened ??= open();
      add(opened, { ...record, n: freeName(opened, "").n });
    },
    find(url, fits) {
      if (opened === undefined) return undefined;
      const n = opened.history.find(url, (record) => fits(keptAs(record)));
      return n === undefined ? inThisRun(saved, opened, url, fits) : keptUnder(opened, n);
    },
    findFailure(url, fits) {
      if (opened === undefined) return undefined;
      const n = opened.history.findFailure(url, (record) => fits(keptAs(record)));
      return n === undefined ? inThisRun(failed, opened, url, fits) : keptUnder(opened, n);
    },
    give({ n, record, file }) {
      if (opened === undefined) return;
      if (file !== undefined) files--;
      forget(opened, n, record.url);
    },
    hold(url) {
      const n = opened?.history.find(url) ?? opened?.history.findFailure(url);
      if (n !== undefined) opened?.history.take(n);
      return n !== undefined;
    },
    putBack: () => opened?.history.putBack(),
    prune() {
      if (opened === undefined) return 0;
      const { history, records } = opened;
      let removed = 0;
      history.eachRecord((n) => {
        const record = history.record(n);
        if (record?.file !== undefined && removedFile(path, record.file)) removed++;
        records.moved(n, record?.url ?? "");
        history.forget(n);
      });
      records.flush();
      files = 0;
      return removed;
    },
    async close(isDone) {
      if (opened === undefined) return;
      const there = opened;
      const { history, records } = there;
      opened = undefined;
      let isEmpty = false;
      try {
        history.eachRecord((n, isSaved) => {
          if (isDone && !isSaved && keptUnder(there, n)?.file === undefined) history.forget(n);
        });
        await records.end();
        // With anything else in it, it stays a run's.
        isEmpty = history.recorded === 0 && readdirSync(path).length === 1;
        if (isEmpty) unlinkSync(journalPath);
        else compactJournal(journalPath, join(state, JOURNAL), history).commit();
      } finally {
        history.close();
      }
      if (isEmpty) rmdirSync(path);
    },
  };
}

interface Opened {
  readonly history: History;
  readonly records: JournalWriter;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether a folder is there for a run, made where there is nothing. Throws what the file system says. */
function isFree(path: string): boolean {
  if (!isThere(path)) makeFolder(path);
  return lstatSync(path).isDirectory() && readdirSync(path).length === 0;
}

/** ".html", ".tar.gz"; nothing where the last part of the path has none. */
function extensionOf(file: string): string {
  return /[^/](\.tar)?(\.[^./]{1,20})$/.exec(file)?.slice(1).join("") ?? "";
}
