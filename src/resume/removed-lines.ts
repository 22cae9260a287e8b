// Keeps files of lines removed from the list in the folder "gone", with a journal, when another line needs their name.

import { readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { readBack } from "../app/output/previous-run.ts";
import { FolderError, useAnotherFolder } from "../core/errors.ts";
import type { Outcome } from "../core/job.ts";
import { HEADERS_ENDING, LAYOUT, REMOVED } from "../core/layout.ts";
import { escapedUrl } from "../core/text/escape.ts";
import { knownAs } from "../core/url/redact.ts";
import { isSavedFile, savedHeaders } from "../fs/location.ts";
import { ownPaths } from "../fs/own-paths.ts";
import { compactJournal } from "../journal/compact.ts";
import { type History, readHistory } from "../journal/history.ts";
import { urlHash } from "../journal/reading/parse-record.ts";
import { type HashChains, hashChains } from "../journal/tables/hash-chains.ts";
import { type JournalWriter, journalWriter } from "../journal/writing/writer.ts";
import { removeSavedFile, removeSavedHeaders } from "../sink/folder/start-over.ts";
import { copyHeaders, removeHeaders } from "./move-headers.ts";
import { isSaved } from "./record-state.ts";
import { extensionOf, hasRemovedLines, isEmptyFolder, isThere } from "./removed-folder.ts";

/** A record kept there, and its file, if any, relative to the output folder. */
export interface RemovedLine {
  readonly n: number;
  readonly record: Outcome;
  readonly file: string | undefined;
  /** The head that was saved beside the file. */
  readonly headersFile: string | undefined;
}

type Fits = (kept: RemovedLine) => boolean;

export interface RemovedLines {
  /** Number of files kept. */
  readonly files: number;
  /** Number of records kept, including failures without a file. */
  readonly recorded: number;
  /**
   * Adds a record and moves its file here. After a kill at any time, the file is at one of the two places, and a record names
   * it. Throws a FolderError if the folder cannot be made, and file-system errors.
   */
  moveIn(record: Outcome, file: string): void;
  /** Adds a failure without a file, for a later line with its URL. Drops it if the folder cannot be made. */
  addFailure(record: Outcome): void;
  /** The saved, or failed, record of a URL for which `fits` is true. */
  find(url: string, fits: Fits): RemovedLine | undefined;
  findFailure(url: string, fits: Fits): RemovedLine | undefined;
  /** Deletes a record, which was written elsewhere. */
  remove(kept: RemovedLine): void;
  /** Reserves a record of a URL until `releaseReserved`; false if there is none left. */
  reserve(url: string): boolean;
  releaseReserved(): void;
  /** Removes all files and records; returns the number of files. */
  prune(): number;
  /** Compacts the journal; removes an empty folder. `isDone`: no lines follow, so failures without a file are dropped. */
  close(isDone: boolean): Promise<void>;
}

/** Opens an existing folder at once, a new one when it is first needed. Throws file-system errors. */
export function openRemovedLines(folder: string, state: string): RemovedLines {
  const path = join(folder, REMOVED);
  const paths = { ...ownPaths(path, LAYOUT), state, journalPart: join(state, LAYOUT.journal) };
  const journalPath = paths.journal;
  let opened: Opened | undefined;
  /** Records added in this run, by URL hash: the indexes of the history do not grow. */
  const saved = hashChains();
  const failed = hashChains();
  let files = 0;
  let last = 0;
  /** Whether the folder can be used; undefined: not checked yet. */
  let isFolder: boolean | undefined;
  if (hasRemovedLines(folder)) {
    opened = open(readBack(paths, () => {}));
    const { history } = opened;
    history.eachRecord((n, isSaved) => {
      if (isSaved || history.record(n)?.file !== undefined) files++;
    });
  }

  function open(before?: History): Opened {
    const onRecord = (outcome: Outcome, offset: number) => history.add(outcome, offset);
    const from = before === undefined ? {} : { fromBytes: before.bytes };
    const records = journalWriter(journalPath, { onRecord, ...from });
    const history = before ?? readHistory(path, journalPath, { state, mayStartThread: false });
    return { history, records };
  }

  function create(): Opened {
    if (isEmptyFolder(path)) return open();
    const why = "is there already, and not a run's: files of lines that are no longer in the list are kept there";
    throw new FolderError("usage", (words) => `${path}: ${why}; move it away, or ${useAnotherFolder(words)}`);
  }

  /** An unused number, and the file name for it. */
  function unusedName({ history }: Opened, extension: string): { readonly n: number; readonly file: string } {
    for (let n = Math.max(last, history.recorded) + 1; ; n++) {
      const file = `${String(n).padStart(6, "0")}${extension}`;
      if (history.state(n, "") !== undefined || isThere(join(path, file))) continue;
      last = n;
      return { n, file };
    }
  }

  function removedLine(record: Outcome): RemovedLine {
    const { n, file } = record;
    const isKept = file !== undefined && isSavedFile(path, file);
    const headers = isKept ? savedHeaders(path, record) : undefined;
    return {
      ...{ n, record, file: isKept ? `${REMOVED}/${file}` : undefined },
      headersFile: headers && `${REMOVED}/${headers}`,
    };
  }

  function removedLineOf({ history }: Opened, n: number): RemovedLine | undefined {
    const record = history.record(n);
    return record && removedLine(record);
  }

  function add({ records }: Opened, record: Outcome): void {
    void records.outcome(record);
    records.flush();
    (isSaved(record) ? saved : failed).add(urlHash(record.url), record.n);
  }

  function findAdded(added: HashChains, there: Opened, listed: string, fits: Fits): RemovedLine | undefined {
    const url = knownAs(listed);
    let found: RemovedLine | undefined;
    added.find(urlHash(url), (n) => {
      const kept = removedLineOf(there, n);
      if (kept !== undefined && escapedUrl(kept.record.url) === url && fits(kept)) found = kept;
      return found !== undefined;
    });
    return found;
  }

  function deleteRecord({ history, records }: Opened, n: number, url: string): void {
    records.recordMoved(n, url);
    records.flush();
    history.remove(n);
    for (const added of [saved, failed]) added.delete(urlHash(url), n);
  }

  return {
    get files() {
      return files;
    },
    get recorded() {
      return opened?.history.recorded ?? 0;
    },
    moveIn({ headers_file: recordedHeaders, ...record }, from) {
      opened ??= create();
      const { n, file } = unusedName(opened, extensionOf(from));
      const headers = savedHeaders(folder, { headers_file: recordedHeaders });
      const headersFile = `${String(n).padStart(6, "0")}${HEADERS_ENDING}`;
      const move = headers === undefined ? undefined : { from: join(folder, headers), to: join(path, headersFile) };
      add(opened, { ...record, n, file, ...(move && { headers_file: headersFile }) });
      try {
        copyHeaders(move);
        renameSync(join(folder, from), join(path, file));
        removeHeaders(move?.from);
      } catch (error) {
        removeHeaders(move?.to);
        deleteRecord(opened, n, record.url);
        throw error;
      }
      files++;
    },
    addFailure(record) {
      if (opened === undefined) isFolder ??= isEmptyFolder(path);
      if (isFolder === false) return;
      opened ??= open();
      add(opened, { ...record, n: unusedName(opened, "").n });
    },
    find(url, fits) {
      if (opened === undefined) return undefined;
      const n = opened.history.findSaved(url, (record) => fits(removedLine(record)));
      return n === undefined ? findAdded(saved, opened, url, fits) : removedLineOf(opened, n);
    },
    findFailure(url, fits) {
      if (opened === undefined) return undefined;
      const n = opened.history.findFailure(url, (record) => fits(removedLine(record)));
      return n === undefined ? findAdded(failed, opened, url, fits) : removedLineOf(opened, n);
    },
    remove({ n, record, file }) {
      if (opened === undefined) return;
      if (file !== undefined) files--;
      deleteRecord(opened, n, record.url);
    },
    reserve(url) {
      const n = opened?.history.findSaved(url) ?? opened?.history.findFailure(url);
      if (n !== undefined) opened?.history.reserve(n);
      return n !== undefined;
    },
    releaseReserved: () => opened?.history.releaseReserved(),
    prune() {
      if (opened === undefined) return 0;
      const { history, records } = opened;
      let removed = 0;
      history.eachRecord((n) => {
        const record = history.record(n);
        if (record?.file !== undefined && removeSavedFile(path, record.file)) removed++;
        if (record !== undefined) removeSavedHeaders(path, record);
        records.recordMoved(n, record?.url ?? "");
        history.remove(n);
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
          if (isDone && !isSaved && removedLineOf(there, n)?.file === undefined) history.remove(n);
        });
        await records.end();
        // With other files in it, the folder keeps its journal.
        isEmpty = history.recorded === 0 && readdirSync(path).length === 1;
        if (isEmpty) unlinkSync(journalPath);
        else compactJournal(journalPath, paths.journalPart, history).commit();
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
