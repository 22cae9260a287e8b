// Moves what is saved from where it is to its line's place: a kill between any two steps leaves records that tell where it is.

import { renameSync } from "node:fs";
import { dirname } from "node:path";
import { type Failure, isFailure } from "../core/failure.ts";
import type { Job, Outcome } from "../core/job.ts";
import { parseUrl } from "../core/parse-url.ts";
import type { History } from "../journal/history.ts";
import type { JournalWriter } from "../journal/writer.ts";
import { type FileNames, tooLong } from "../sink/directory/file-names.ts";
import type { ConflictCheck } from "../sink/directory/name-conflict.ts";
import { refusalOf } from "../sink/directory/write-errors.ts";
import { makeFolder } from "../sink/folder/output-folder.ts";
import { bare, isLasting, isSaved, withoutTwin } from "./record-state.ts";
import type { RemovedFile, RemovedLines } from "./removed-lines.ts";
import { isOurs, isWholeFile, sha256Of } from "./verify-files.ts";

export interface FileMoverOptions {
  readonly folder: string;
  readonly names: FileNames;
  readonly history: History;
  readonly journal: JournalWriter;
  readonly gone: RemovedLines;
  /** Says why a name cannot be had, if so. */
  readonly claimed: ConflictCheck;
}

/** What is known of a URL under another number, or of a line that is not in the list. */
export interface Found {
  readonly record: Outcome;
  /** From the output folder on; absent where nothing is saved. */
  readonly file: string | undefined;
  /** It is recorded elsewhere by now. */
  forget(): void;
}

export type FileMover = ReturnType<typeof fileMover>;

/** Each call throws a FolderError, and what the file system says. */
export function fileMover({ folder, names, history, journal, gone, claimed }: FileMoverOptions) {
  let moved = 0;

  return {
    foundFor,
    failureFor,
    keptFor,
    take,
    recordAs,
    setAside,
    hasFile,
    nameOf,
    /** Files that are where their line is now, and were not. */
    get moved() {
      return moved;
    },
  };

  /** Writes a record under the line's number, for good. */
  function recordAs(job: Job, record: Outcome): void {
    write(job, record);
    journal.flush();
  }

  /** What is saved of a line, elsewhere. */
  function foundFor(job: Job): Found | undefined {
    return (
      foundHere(history.find(job.url, (record) => isWanted(job, record, record.file))) ??
      foundThere(gone.find(job.url, ({ record, file }) => isWanted(job, record, file)))
    );
  }

  /** What else is known of a line: that it failed for its URL, or was skipped; or a file that it has kept. */
  function failureFor({ url }: Job): Found | undefined {
    return (
      foundHere(history.findFailure(url, (record) => isLasting(record) || hasFile(record))) ??
      foundThere(gone.findFailure(url, ({ record, file }) => isLasting(record) || file !== undefined))
    );
  }

  /** What a line has kept that failed for its digest or its name, and is what this one wants. */
  function keptFor(job: Job): Found | undefined {
    const fits = (record: Outcome, file: string | undefined) => !isLasting(record) && isWanted(job, record, file);
    return (
      foundHere(history.findFailure(job.url, (record) => fits(record, record.file))) ??
      foundThere(gone.findFailure(job.url, ({ record, file }) => fits(record, file)))
    );
  }

  function isWanted(job: Job, { bytes, sha256 }: Outcome, file: string | undefined): boolean {
    if (file === undefined || !isWholeFile(folder, file, bytes)) return false;
    return job.sha256 === undefined || job.sha256 === (sha256 ?? sha256Of(folder, file));
  }

  function foundHere(n: number | undefined): Found | undefined {
    const record = n === undefined ? undefined : history.record(n);
    if (record === undefined) return undefined;
    const file = record.file !== undefined && isOurs(folder, record.file) ? record.file : undefined;
    return { record, file, forget: () => forget(record.n, record.url) };
  }

  function foundThere(kept: RemovedFile | undefined): Found | undefined {
    return kept && { ...kept, forget: () => gone.give(kept) };
  }

  /** Gives a line what was found for it. Returns why it cannot have its name, if so: then all stays where it is. */
  function take(job: Job, { record, file, forget: done }: Found): Failure | undefined {
    const to = file && nameOf(job, record);
    if (file === undefined || to === undefined) {
      if (isLasting(record)) recordAs(job, bare(record));
    } else if (to === file) {
      write(job, record, file);
      moved++;
    } else {
      const path = `${folder}/${to}`;
      const why = tooLong(to) ?? claimed(job, path, to);
      if (why !== undefined && isFailure(why)) return why;
      write(job, record, to);
      journal.flush(); // from now on the body is looked for at both places
      try {
        if (to.includes("/")) makeFolder(dirname(path));
        renameSync(`${folder}/${file}`, path);
      } catch (error) {
        forget(job.n, job.url);
        journal.flush();
        return refusalOf(error, folder, path);
      }
      moved++;
    }
    done();
    journal.flush();
    return undefined;
  }

  /** A record gets the line's number, and the name and the digest that the list wants, which it has. */
  function write(job: Job, record: Outcome, file?: string): void {
    const { name: _name, list: _list, line: _line, ...rest } = withoutTwin(record);
    const { n, name, list, line, sha256 } = job;
    void journal.outcome({
      ...rest,
      n,
      ...(file === undefined ? {} : { file }),
      ...(sha256 === undefined || !isSaved(record) ? {} : { sha256 }),
      ...(name === undefined ? {} : { name }),
      ...(list === undefined ? {} : { list }),
      ...(line === undefined ? {} : { line }),
    });
  }

  /** Makes a number free: its line is not in the list, or has another number or another name there. */
  function setAside(n: number): void {
    const record = history.record(n);
    if (record === undefined) return;
    const { file } = record;
    if (file !== undefined && isOurs(folder, file)) gone.take(record, file);
    else if (isLasting(record)) gone.takeFailure(bare(record));
    forget(n, record.url);
    journal.flush();
  }

  function forget(n: number, url: string): void {
    journal.moved(n, url);
    history.forget(n);
  }

  function hasFile(record: Outcome | undefined): boolean {
    const file = record?.file;
    return file !== undefined && isOurs(folder, file);
  }

  /** Without a record, as far as no answer is needed to know it. */
  function nameOf(job: Job, record?: Outcome): string | undefined {
    if (record === undefined) return names.before(job)?.file;
    const target = parseUrl(job.url);
    return isFailure(target) ? undefined : names.of(job, target, "type" in record ? record.type : undefined);
  }
}
