// Bodies that are not whole yet: written in the state folder under their line's number, and kept there to be gone on with.

import { closeSync, fstatSync, ftruncateSync, lstatSync, readdirSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { escapedUrl } from "../../core/escape.ts";
import type { Job } from "../../core/job.ts";
import { PART_OR_NOTE, STATE_LAYOUT } from "../../core/layout.ts";
import type { PartialBody } from "../../core/ports.ts";
import { knownAs, redacted } from "../../core/redact.ts";
import { isSingleLinkFile, openToAppend, openToRead } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import { createTempFile, createTempFileAsync, type TempFile, tempFile } from "./temp-file.ts";

/** Less than this many bytes are sooner fetched again than asked for by range. */
export const KEEP_BYTES = 1_048_576;

export interface PartialFiles {
  /** What is kept of a job's body, if its URL is still the same. */
  kept(job: Job): PartialBody | undefined;
  /** A new, empty part. What was kept of the job is removed first. Throws what the file system says. */
  create(job: Job): TempFile;
  /** Where a new part is to be made, by somebody else. What was kept of the job is removed first. */
  pathFor(job: Job): string;
  /** The same in the thread pool. */
  createLater(job: Job): Promise<TempFile>;
  /** What is kept, cut to `bytes` in case there is more of it. */
  reopen(job: Job, bytes: number): TempFile;
  /**
   * Writes down, beside the part, what it takes to go on with it: even a run that is killed now leaves it usable. False
   * where that cannot be: another job of the same number came first.
   */
  note(job: Job, part: TempFile, kept: Omit<PartialBody, "bytes">): boolean;
  /** The part stays as it is, `bytes` long; for one that was noted. */
  keep(job: Job, bytes: number): void;
  /** The part is a file by now, or nobody wants it: removes what was noted of it. */
  forget(job: Job): void;
  /** Removes a job's part, and what was noted of it. */
  drop(job: Job): void;
  /** Forgets what is kept of a job's body, and leaves it there for another process; false if there is nothing. */
  release(job: Job): boolean;
  /** Knows again what another process left there, if it can be gone on with. */
  adopt(job: Job): void;
}

interface Note extends Omit<PartialBody, "bytes"> {
  /** The URL that the list has, without its password. */
  readonly job: string;
}

/** A part that is noted. */
interface Noted extends Note {
  bytes: number;
  /** The job that is at it, and no other of its number. */
  owner?: Job;
}

/** So many copies of one process have names of their own. */
const COPIES = 1_000_000_000;

/** Removes what an earlier run left in the folder `state`, but for parts that can be gone on with. */
export function dropUnusable(state: string): void {
  leftIn(state);
}

/** Removes all that earlier runs kept in the folder `state`. */
export function dropAll(state: string): void {
  for (const name of readdirSync(state)) if (PART_OR_NOTE.test(name)) remove(join(state, name));
}

/**
 * What an earlier run left in the folder `state`: usable parts are kept, anything else of the kind is removed. A process that
 * helps another one begins with nothing, and leaves all as it is; with a number of its own, from 1, its names are its own, too.
 */
export function partialFiles(state: string, helper = 0): PartialFiles {
  const noted = helper === 0 ? leftIn(state) : new Map<number, Noted>();
  let copies = helper * COPIES;

  const pathOf = (job: Job) => `${state}/${STATE_LAYOUT.part(job.n)}`;

  /** Where else, if another line of the same number is under way; throws any other error. */
  const besides = (job: Job, error: unknown): string => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return `${state}/${STATE_LAYOUT.part(job.n, ++copies)}`;
  };

  /** What is noted under a job's number, unless another line of the same number has it. */
  const ownOf = (job: Job): Noted | undefined => {
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
        return createTempFile(besides(job, error));
      }
    },
    pathFor(job) {
      drop(job);
      return pathOf(job);
    },
    async createLater(job) {
      drop(job);
      const path = pathOf(job);
      try {
        return await createTempFileAsync(path);
      } catch (error) {
        return createTempFileAsync(besides(job, error));
      }
    },
    reopen(job, bytes) {
      const path = pathOf(job);
      const fd = openToAppend(path);
      try {
        const stats = fstatSync(fd);
        if (!isSingleLinkFile(stats) || stats.size < bytes) {
          throw Object.assign(new Error("what was kept is no longer there"), { code: "EIO" });
        }
        if (stats.size > bytes) ftruncateSync(fd, bytes);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
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

/** The parts in a state folder that can be gone on with, by their line's number. All others are removed. */
function leftIn(state: string): Map<number, Noted> {
  const found = new Map<number, Noted>();
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

function readNote(path: string, part: string): Noted | undefined {
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
    return undefined; // torn by a kill, or not ours
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
    // It has no final name: what is left of it is removed by the next run.
  }
}
