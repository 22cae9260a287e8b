// Renames saved files to their line's name and records each move; after a kill between any two steps the records locate the file.

import { renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { digestsOf } from "../core/digest.ts";
import { type Failure, isFailure } from "../core/failure.ts";
import type { Job, Outcome } from "../core/job.ts";
import { REMOVED } from "../core/layout.ts";
import { parseUrl } from "../core/url/parse-url.ts";
import { isSavedFile, isStillThere, savedHeaders } from "../fs/location.ts";
import type { History } from "../journal/history.ts";
import type { JournalWriter } from "../journal/writing/writer.ts";
import type { ConflictCheck } from "../sink/directory/name-conflict.ts";
import { failureOfWrite } from "../sink/files/write-errors.ts";
import { makeFolder } from "../sink/folder/output-folder.ts";
import { type FileNames, nameTooLong } from "../sink/names/file-names.ts";
import { hasWantedDigests } from "./check-digest.ts";
import { copyHeaders, type Move, removeHeaders } from "./move-headers.ts";
import { dependsOnUrl, isSaved, withoutDuplicateOf, withoutFile } from "./record-state.ts";
import type { RemovedLine, RemovedLines } from "./removed-lines.ts";

export interface FileMoverOptions {
  readonly folder: string;
  readonly names: FileNames;
  readonly history: History;
  readonly journal: JournalWriter;
  readonly removedLines: RemovedLines;
  /** Returns why a name cannot be used, if so. */
  readonly conflictOf: ConflictCheck;
}

/** The record of a URL under another number, or of a removed line. */
export interface Found {
  readonly record: Outcome;
  /** Path relative to the output folder; undefined if nothing is saved. */
  readonly file: string | undefined;
  /** The head that was saved beside it. */
  readonly headersFile: string | undefined;
  /** Deletes the record, which was written elsewhere. */
  deleteRecord(): void;
}

export type FileMover = ReturnType<typeof fileMover>;

/** Each call throws a FolderError, and file-system errors. */
export function fileMover({ folder, names, history, journal, removedLines, conflictOf }: FileMoverOptions) {
  const removedFolder = join(folder, REMOVED);
  let moved = 0;

  return {
    findSaved,
    findFailure,
    findKept,
    moveTo,
    recordAs,
    setAside,
    hasFile,
    nameOf,
    /** Number of files moved to their line's name. */
    get moved() {
      return moved;
    },
  };

  /** Writes a record under the line's number, and flushes it. */
  function recordAs(job: Job, record: Outcome): void {
    write(job, record);
    journal.flush();
  }

  /** The saved file of a line's URL under another number. */
  function findSaved(job: Job): Found | undefined {
    return (
      inHistory(history.findSaved(job.url, (record) => isWanted(job, record, folder))) ??
      inRemoved(removedLines.find(job.url, ({ record }) => isWanted(job, record, removedFolder)))
    );
  }

  /** A failure or skip of a line's URL under another number, or a failure with a kept file. */
  function findFailure({ url }: Job): Found | undefined {
    return (
      inHistory(history.findFailure(url, (record) => dependsOnUrl(record) || hasFile(record))) ??
      inRemoved(removedLines.findFailure(url, ({ record, file }) => dependsOnUrl(record) || file !== undefined))
    );
  }

  /** A file kept by a line that failed for its digest or name, and that is what this line requires. */
  function findKept(job: Job): Found | undefined {
    const fits = (record: Outcome, at: string) => !dependsOnUrl(record) && isWanted(job, record, at);
    return (
      inHistory(history.findFailure(job.url, (record) => fits(record, folder))) ??
      inRemoved(removedLines.findFailure(job.url, ({ record }) => fits(record, removedFolder)))
    );
  }

  /** Whether the file of a record, in the folder `at`, is still there and has the digests that the job requires. */
  function isWanted(job: Job, record: Outcome, at: string): boolean {
    const { file, bytes } = record;
    return file !== undefined && isStillThere(at, { file, bytes }) && hasWantedDigests(at, file, job, record);
  }

  function inHistory(n: number | undefined): Found | undefined {
    const record = n === undefined ? undefined : history.record(n);
    if (record === undefined) return undefined;
    const file = record.file !== undefined && isSavedFile(folder, record.file) ? record.file : undefined;
    const headersFile = savedHeaders(folder, record);
    return { record, file, headersFile, deleteRecord: () => deleteRecord(record.n, record.url) };
  }

  function inRemoved(kept: RemovedLine | undefined): Found | undefined {
    return kept && { ...kept, deleteRecord: () => removedLines.remove(kept) };
  }

  /** Moves a found record and its file to a line. Returns a Failure, and changes nothing, if the file cannot have its name. */
  function moveTo(job: Job, { record, file, headersFile, deleteRecord: deleteFound }: Found): Failure | undefined {
    const to = file && nameOf(job, record);
    if (file === undefined || to === undefined) {
      if (dependsOnUrl(record)) recordAs(job, withoutFile(record));
    } else if (to === file) {
      write(job, record, file, headersFile);
      moved++;
    } else {
      const path = `${folder}/${to}`;
      const why = nameTooLong(to) ?? conflictOf(job, path, to);
      if (why !== undefined && isFailure(why)) return why;
      const headers = headersOf(job, headersFile, to);
      write(job, record, to, headers.file);
      journal.flush(); // from now on both records name the body, at both places
      try {
        if (to.includes("/")) makeFolder(dirname(path));
        copyHeaders(headers.move);
        renameSync(`${folder}/${file}`, path);
      } catch (error) {
        removeHeaders(headers.move?.to);
        deleteRecord(job.n, job.url);
        journal.flush();
        return failureOfWrite(error, folder, path);
      }
      removeHeaders(headers.move?.from);
      moved++;
    }
    deleteFound();
    journal.flush();
    return undefined;
  }

  /** Writes a record with the line's number, name and digest. */
  function write(job: Job, record: Outcome, file?: string, headersFile?: string): void {
    const { name: _name, list: _list, line: _line, extra: _extra, ...rest } = withoutDuplicateOf(record);
    const headers = file === undefined ? rest.headers_file : headersFile;
    delete rest.headers_file;
    const { n, name, list, line, extra } = job;
    void journal.outcome({
      ...rest,
      n,
      ...(file === undefined ? {} : { file }),
      ...(headers === undefined ? {} : { headers_file: headers }),
      ...(isSaved(record) ? digestsOf(job) : {}),
      ...(name === undefined ? {} : { name }),
      ...(list === undefined ? {} : { list }),
      ...(line === undefined ? {} : { line }),
      ...(extra === undefined ? {} : { extra }),
    });
  }

  /** Frees a number whose line is not in the list, or has another number or name there. */
  function setAside(n: number): void {
    const record = history.record(n);
    if (record === undefined) return;
    const { file } = record;
    if (file !== undefined && isSavedFile(folder, file)) removedLines.moveIn(record, file);
    else if (dependsOnUrl(record)) removedLines.addFailure(withoutFile(record));
    deleteRecord(n, record.url);
    journal.flush();
  }

  function deleteRecord(n: number, url: string): void {
    journal.recordMoved(n, url);
    history.remove(n);
  }

  function hasFile(record: Outcome | undefined): boolean {
    const file = record?.file;
    return file !== undefined && isSavedFile(folder, file);
  }

  /** The head beside the line's new file `to`, and how it gets there; nothing where another file has its name. */
  function headersOf(job: Job, from: string | undefined, to: string): { readonly file?: string; readonly move?: Move } {
    const target = parseUrl(job.url);
    if (isFailure(target) || from === undefined) return {};
    const file = names.headersOf(job, target, to);
    const path = `${folder}/${file}`;
    if (file === from) return { file };
    return conflictOf(job, path, file) === undefined ? { file, move: { from: `${folder}/${from}`, to: path } } : {};
  }

  /** The line's file name. Without a record, undefined if the name depends on the response. */
  function nameOf(job: Job, record?: Outcome): string | undefined {
    if (record === undefined) return names.before(job)?.file;
    const target = parseUrl(job.url);
    return isFailure(target) ? undefined : names.of(job, target, "type" in record ? record.type : undefined);
  }
}
