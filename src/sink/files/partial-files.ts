// Keeps incomplete bodies in the state folder under their line's number, with a note that allows a later range request.

import { closeSync, fstatSync, ftruncateSync, lstatSync, readdirSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "../../core/job.ts";
import { PART_OR_NOTE, STATE_LAYOUT } from "../../core/layout.ts";
import type { PartialBody } from "../../core/ports.ts";
import { escapedUrl } from "../../core/text/escape.ts";
import { knownAs, redacted } from "../../core/url/redact.ts";
import { checked, isSingleLinkFile, openToAppend, openToRead } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import { createTempFile, createTempFileAsync, type TempFile, tempFile } from "./temp-file.ts";

/** A shorter part, in bytes, is not kept: it is fetched again sooner than a range request is answered. */
export const MIN_KEPT_BYTES = 1_048_576;

export interface PartialFiles {
  /** The kept part of a job's body, if the job still has its URL. */
  kept(job: Job): PartialBody | undefined;
  /** Creates an empty part, and removes a kept one. Throws the error of open(2). */
  create(job: Job): TempFile;
  /** The path at which the writer thread creates a part. Removes a kept one. */
  pathFor(job: Job): string;
  /** A path for another temporary file of a job, which no other has. */
  extraPath(job: Job): string;
  /** As `create`, in the thread pool. */
  createAsync(job: Job): Promise<TempFile>;
  /** Opens the kept part to append, and truncates it to `bytes`. Throws EIO where it is not as it was kept. */
  reopen(job: Job, bytes: number): TempFile;
  /**
   * Writes the note beside the part, so that it can be resumed even after `kill -9`. False where another job of the
   * same number has the part's usual name.
   */
  note(job: Job, part: TempFile, kept: Omit<PartialBody, "bytes">): boolean;
  /** Records the length of a part that has a note. */
  keep(job: Job, bytes: number): void;
  /** Removes the note: the part has been committed or removed. */
  forget(job: Job): void;
  /** Removes a job's part and its note. */
  drop(job: Job): void;
  /** Leaves the part and its note to another process; false if there is none. */
  release(job: Job): boolean;
  /** Takes over a part that another process left, if it can be resumed. */
  adopt(job: Job): void;
}

/** The content of a note: JSON. */
interface Note extends Omit<PartialBody, "bytes"> {
  /** The URL in the list, without its password. */
  readonly job: string;
}

interface NotedPart extends Note {
  bytes: number;
  /** The job of this number that uses it. */
  owner?: Job;
}

/** Maximum number of additional names (`copy`) of one process; each process has a range of its own. */
const MAX_COPIES = 1_000_000_000;

/** Removes what an earlier run left in the folder `state`, except parts that can be resumed. */
export function dropUnusable(state: string): void {
  scan(state);
}

/** Removes all parts that earlier runs left in the folder `state`. */
export function dropAll(state: string): void {
  for (const name of readdirSync(state)) if (PART_OR_NOTE.test(name)) remove(join(state, name));
}

/**
 * The parts in the folder `state`. Keeps those that can be resumed, and removes all others; a worker process (`helper`:
 * its number, from 1) starts with none, removes nothing, and uses names of its own.
 */
export function partialFiles(state: string, helper = 0): PartialFiles {
  const noted = helper === 0 ? scan(state) : new Map<number, NotedPart>();
  let copies = helper * MAX_COPIES;

  const pathOf = (job: Job) => `${state}/${STATE_LAYOUT.part(job.n)}`;

  /** Another path, where another line of the same number has the usual one; throws any other error. */
  const otherPathFor = (job: Job, error: unknown): string => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return `${state}/${STATE_LAYOUT.part(job.n, ++copies)}`;
  };

  /** The noted part of a job, unless another line of the same number has it. */
  const ownOf = (job: Job): NotedPart | undefined => {
    const found = noted.size === 0 ? undefined : noted.get(job.n);
    if (found === undefined) return undefined;
    found.owner ??= job;
    return found.owner === job ? found : undefined;
  };
  const drop = (job: Job) => {
    if (ownOf(job) === undefined) return;
    remove(pathOf(job));
    forget(job);
  };
  const forget = (job: Job) => {
    if (ownOf(job) === undefined) return;
    noted.delete(job.n);
    remove(notePath(state, job.n));
  };

  return {
    kept(job) {
      const found = ownOf(job);
      if (found === undefined) return undefined;
      if (escapedUrl(found.job) === knownAs(job.url)) return found.bytes > 0 ? found : undefined;
      drop(job);
      return undefined;
    },
    create(job) {
      drop(job);
      const path = pathOf(job);
      try {
        return createTempFile(path);
      } catch (error) {
        return createTempFile(otherPathFor(job, error));
      }
    },
    pathFor(job) {
      drop(job);
      return pathOf(job);
    },
    extraPath: (job) => `${state}/${STATE_LAYOUT.part(job.n, ++copies)}`,
    async createAsync(job) {
      drop(job);
      const path = pathOf(job);
      try {
        return await createTempFileAsync(path);
      } catch (error) {
        return createTempFileAsync(otherPathFor(job, error));
      }
    },
    reopen(job, bytes) {
      const path = pathOf(job);
      const fd = openToAppend(path);
      checked(fd, (stats) => {
        // Bytes would also be appended to the file under its other name.
        if (!isSingleLinkFile(stats) || stats.size < bytes) {
          throw Object.assign(new Error("what was kept is no longer there"), { code: "EIO" });
        }
        if (stats.size > bytes) ftruncateSync(fd, bytes);
      });
      return tempFile(path, fd);
    },
    note(job, { path }, about) {
      if (path !== pathOf(job)) return false;
      const note: Note = { ...about, url: redacted(about.url), job: redacted(job.url) };
      const { fd, close } = createTempFile(notePath(state, job.n));
      noted.set(job.n, { ...note, bytes: 0, owner: job });
      try {
        writeAllSync(fd, [Buffer.from(`${JSON.stringify(note)}\n`)]);
      } finally {
        close();
      }
      return true;
    },
    keep(job, bytes) {
      const note = ownOf(job);
      if (note !== undefined) note.bytes = bytes;
    },
    forget,
    drop,
    release(job) {
      return ownOf(job) !== undefined && noted.delete(job.n);
    },
    adopt(job) {
      if (noted.has(job.n)) return;
      const note = readNote(notePath(state, job.n), pathOf(job));
      if (note !== undefined) noted.set(job.n, { ...note, owner: job });
    },
  };
}

/** Returns the parts in a state folder that can be resumed, by their line's number, and removes all others. */
function scan(state: string): Map<number, NotedPart> {
  const found = new Map<number, NotedPart>();
  const names = new Set(readdirSync(state).filter((name) => PART_OR_NOTE.test(name)));
  for (const name of names) {
    const [, digits, copy, kind] = PART_OR_NOTE.exec(name) ?? [];
    if (kind !== "note" || copy !== undefined) continue;
    const n = Number(digits);
    const part = STATE_LAYOUT.part(n);
    const note = names.has(part) ? readNote(join(state, name), join(state, part)) : undefined;
    if (note !== undefined) found.set(n, note);
  }
  for (const name of names) {
    const [, digits, copy] = PART_OR_NOTE.exec(name) ?? [];
    if (copy !== undefined || !found.has(Number(digits))) remove(join(state, name));
  }
  return found;
}

/** Reads the note of a part; undefined where either is incomplete (a kill), not a regular file, or not a run's. */
function readNote(path: string, part: string): NotedPart | undefined {
  let fd: number | undefined;
  try {
    const stats = lstatSync(part);
    fd = openToRead(path);
    if (!isSingleLinkFile(stats) || stats.size === 0 || !fstatSync(fd).isFile()) return undefined;
    const { job, url, validator, wholeBytes, type } = JSON.parse(readFileSync(fd, "utf8")) as Note;
    if (![job, url, validator].every((text) => typeof text === "string")) return undefined;
    return {
      ...{ job, url, validator, bytes: stats.size },
      ...(typeof wholeBytes === "number" ? { wholeBytes } : {}),
      ...(typeof type === "string" ? { type } : {}),
    };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function notePath(state: string, n: number): string {
  return `${state}/${STATE_LAYOUT.note(n)}`;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The next run removes it.
  }
}
