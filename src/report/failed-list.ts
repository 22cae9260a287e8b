// failed.txt: the lines that failed, as a list to be fed back, with their numbers or names. Only there if any failed.

import { lstatSync, renameSync, rmSync, utimesSync } from "node:fs";
import { escaped } from "../core/escape.ts";
import { type Failed, isNumber } from "../core/job.ts";
import type { Reporter } from "../core/ports.ts";
import { knownAs } from "../core/redact.ts";
import { type FileAppender, fileAppender } from "../fs/append-file.ts";

/** The detail of a line whose name is another line's; a name that is taken by anything else may be free the next time. */
const NAMESAKE = / is the name of (?:line [\d,]+|an earlier line) as well$/;

export interface FailedFile {
  /** Makes the file before there is a line for it: later there may be no descriptor left. Throws what the disk says. */
  open(): void;
  add(outcome: Failed): void;
  /** Takes a line that was there before, as it is. */
  keep(text: string): void;
  /**
   * Gives the file its name, in place of the one that was there before; where nothing is in it, removes that one. What
   * has come there since is somebody else's: then it gets a name beside it, and what is to be said of that is returned.
   */
  end(): string | undefined;
}

/** Which file has a path, and how it was written last; undefined where none is there. */
export type Version = string | undefined;

/** Throws what the file system says. */
export function versionOf(path: string): Version {
  const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return stats && `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

/** What failed in a fresh run. */
export function failedList(path: string, part: string): Reporter {
  const file = failedFile(path, part, undefined);
  return {
    start: () => file.open(),
    outcome(outcome) {
      if (outcome.outcome === "failed" && outcome.error !== "interrupted") file.add(outcome);
    },
    end() {
      const problem = file.end();
      if (problem !== undefined) throw new Error(problem);
    },
  };
}

/**
 * `URL<TAB>000042`, or `URL<TAB>name<TAB>n=42` where the list gave a name: either keeps the number when it is fed back. A
 * line whose number or name is another's, in this very list, is there as a comment. It is written at `part`; `before` is what was there.
 */
export function failedFile(path: string, part: string, before: Version): FailedFile {
  let file: FileAppender | undefined;
  let isEmpty = true;
  return {
    open() {
      file ??= fresh(part);
    },
    add({ n, url, name, error, detail, expected_sha256: sha256 }) {
      file ??= fresh(part);
      isEmpty = false;
      // Fed back, it would take the place of the line that has the number.
      if (error === "duplicate_number" || (error === "file_exists" && NAMESAKE.test(detail)))
        return file.append(`# ${escaped(detail)}: ${urlOf(url)}\n`);
      const columns = [urlOf(url).trim() || NO_URL, name === undefined ? String(n).padStart(6, "0") : nameOf(name)];
      if (name !== undefined && !(isNumber(name) && Number(name) === n)) columns.push(`n=${n}`);
      if (sha256 !== undefined) columns.push(`sha256=${escaped(oneLine(sha256))}`);
      file.append(`${columns.join("\t")}\n`);
    },
    keep(text) {
      file ??= fresh(part);
      isEmpty = false;
      file.append(`${text}\n`);
    },
    end() {
      file?.close();
      const now = versionOf(path);
      const isOthers = now !== undefined && now !== before;
      if (isEmpty) {
        rmSync(part, { force: true });
        if (now !== undefined && !isOthers) rmSync(path);
        return undefined;
      }
      stamp(part);
      const to = isOthers ? freeName(`${path}.new`) : path;
      renameSync(part, to);
      return isOthers ? `${path} is no longer the run's: what failed is in ${to}` : undefined;
    },
  };
}

/**
 * Dates the file no earlier than the records of what is in it, by which a list that is fed back is known as a run's
 * (fed-back.ts). A file system's clock is behind Date.now() by up to a tick of the kernel's (10 ms), and FAT rounds down to
 * even seconds: so it is the next of these.
 */
function stamp(path: string): void {
  const seconds = 2 * Math.ceil(Date.now() / 2000);
  try {
    utimesSync(path, seconds, seconds);
  } catch {} // some network file systems take no dates: they have their own clock
}

/** The path, or it with a number, so that nothing has it. */
function freeName(path: string): string {
  let free = path;
  for (let i = 2; versionOf(free) !== undefined; i++) free = `${path}${i}`;
  return free;
}

/** A new file, never through a link that was planted there. */
function fresh(path: string): FileAppender {
  rmSync(path, { force: true });
  return fileAppender(path, "wx");
}

/** What a program handed in for a URL may be nothing at all; the number behind it is to be no URL. */
const NO_URL = "(no URL)";

/** What has no place in a list, or in a file's name, where it becomes the same. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A name as a list may have it, of which the same file comes: without what is cut off there, and no `key=value`. */
function nameOf(name: string): string {
  const clean = name.replace(HARMFUL, "_");
  const whole = clean.trim() === clean ? clean : withoutEnds(clean);
  return /^[a-z0-9]+=/i.test(whole) ? `/${whole}` : whole || "_";
}

/** The same URL, safe to show, also where an edited journal has its password. */
function urlOf(url: string): string {
  return knownAs(oneLine(url));
}

/** A URL from a program may have anything in it; a list has one a line, and no TAB in it. */
function oneLine(text: string): string {
  return text.replace(/[\t\r\n]/g, " ");
}

/** With `_` for the dots and blanks at either end: of a long name each is looked at once. */
function withoutEnds(name: string): string {
  const from = name.search(/[^.\s]/);
  if (from < 0) return "_";
  let to = name.length;
  while (/[.\s]/.test(name[to - 1] ?? "")) to--;
  return `${from === 0 ? "" : "_"}${name.slice(from, to)}${to === name.length ? "" : "_"}`;
}
