// Writes failed.txt: the failed lines with their numbers or names, as a list for another run. Exists only if a line failed.

import { lstatSync, renameSync, rmSync, utimesSync } from "node:fs";
import { DIGEST_NAMES } from "../core/digest.ts";
import { type Failed, isNumber } from "../core/job.ts";
import type { Reporter } from "../core/ports.ts";
import { escaped } from "../core/text/escape.ts";
import { knownAs } from "../core/url/redact.ts";
import { type FileAppender, fileAppender } from "../fs/append-file.ts";

/** The detail of a failure whose file name belongs to another line. Names taken by other files may be free in the next run. */
const NAMESAKE = / is the name of (?:line [\d,]+|an earlier line) as well$/;

export interface FailedFile {
  /** Creates the file early: later there may be no file descriptor left. Throws the errno error. */
  open(): void;
  add(outcome: Failed): void;
  /** Adds an existing line unchanged. */
  keep(text: string): void;
  /**
   * Renames the file to its final name, replacing the earlier list; without lines, removes the earlier list. If another program
   * changed the file at that path during the run, uses a name beside it and returns a message.
   */
  end(): string | undefined;
}

/** Identity, size and mtime of the file at a path; undefined if there is none. */
export type Version = string | undefined;

/** Throws the errno error. */
export function versionOf(path: string): Version {
  const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return stats && `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

/** The reporter that writes the list of failures of a new run. */
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
 * `URL<TAB>000042`, or `URL<TAB>name<TAB>n=42` where the list has a name: both keep the number in the next run. A line whose
 * number or name belongs to another line becomes a comment. Written at `part`; `before` is the version of the earlier list.
 */
export function failedFile(path: string, part: string, before: Version): FailedFile {
  let file: FileAppender | undefined;
  let isEmpty = true;
  return {
    open() {
      file ??= fresh(part);
    },
    add(outcome) {
      const { n, url, name, error, detail } = outcome;
      file ??= fresh(part);
      isEmpty = false;
      // As a line of the next run it would replace the line that has the number.
      if (error === "duplicate_number" || (error === "file_exists" && NAMESAKE.test(detail)))
        return file.append(`# ${escaped(detail)}: ${urlOf(url)}\n`);
      const columns = [urlOf(url).trim() || NO_URL, name === undefined ? String(n).padStart(6, "0") : nameOf(name)];
      if (name !== undefined && !(isNumber(name) && Number(name) === n)) columns.push(`n=${n}`);
      for (const digest of DIGEST_NAMES) {
        const wanted = outcome[`expected_${digest}`];
        if (wanted !== undefined) columns.push(`${digest}=${escaped(oneLine(wanted))}`);
      }
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
 * Sets the mtime no earlier than the times of the records, by which the next run recognises the list as a run's
 * (app/output/kept-failed-lines.ts). The clock of a file system is up to a kernel tick (10 ms) behind Date.now(), and FAT rounds down to
 * even seconds: so the time is rounded up to the next even second.
 */
function stamp(path: string): void {
  const seconds = 2 * Math.ceil(Date.now() / 2000);
  try {
    utimesSync(path, seconds, seconds);
  } catch {} // some network file systems refuse utimes
}

/** The path, with a number if needed, that no file has. */
function freeName(path: string): string {
  let free = path;
  for (let i = 2; versionOf(free) !== undefined; i++) free = `${path}${i}`;
  return free;
}

/** Creates a new file; never follows a symbolic link at that path. */
function fresh(path: string): FileAppender {
  rmSync(path, { force: true });
  return fileAppender(path, "wx");
}

/** Replaces an empty URL of a library's caller, so that the number after it is not read as the URL. */
const NO_URL = "(no URL)";

/** Characters that a list cannot contain. File names have "_" in their place. */
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A name in the form that a list can contain, and that leads to the same file: trimmed, and not like `key=value`. */
function nameOf(name: string): string {
  const clean = name.replace(UNSAFE_CHARACTERS, "_");
  const whole = clean.trim() === clean ? clean : withoutEnds(clean);
  return /^[a-z0-9]+=/i.test(whole) ? `/${whole}` : whole || "_";
}

/** The URL without a password, which an edited journal may contain. */
function urlOf(url: string): string {
  return knownAs(oneLine(url));
}

/** Replaces TABs and line breaks, which a URL of a library's caller may contain. */
function oneLine(text: string): string {
  return text.replace(/[\t\r\n]/g, " ");
}

/** Replaces dots and blanks at both ends by `_`, in linear time. */
function withoutEnds(name: string): string {
  const from = name.search(/[^.\s]/);
  if (from < 0) return "_";
  let to = name.length;
  while (/[.\s]/.test(name[to - 1] ?? "")) to--;
  return `${from === 0 ? "" : "_"}${name.slice(from, to)}${to === name.length ? "" : "_"}`;
}
