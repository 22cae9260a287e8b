// The lines of earlier runs that the list was not seen to have yet: found by the URL that they had, or by their file.

import { escapedUrl } from "../core/escape.ts";
import { isNumber, type Outcome } from "../core/job.ts";
import { knownAs } from "../core/redact.ts";
import { bitSet } from "./bit-set.ts";
import { type FileIndex, fileIndex } from "./file-index.ts";
import { type LineTable, STATE_FAILED, STATE_NONE, STATE_OPEN, STATE_SAVED } from "./line-table.ts";
import { urlHash } from "./parse-record.ts";
import { type UrlIndex, urlIndex } from "./url-index.ts";

export interface UnmatchedLines {
  /** The list has this line. */
  meet(n: number): void;
  /** A line of the list is to have what is saved of this one: until `putBack` it counts as met. */
  take(n: number): void;
  putBack(): void;
  /** Lines that were not met: those whose file is there, and all. */
  readonly unmet: number;
  readonly unmetInAll: number;
  /** Their numbers, and whether their file is there. */
  eachUnmet(visit: (n: number, isSaved: boolean) => void): void;
  /** The same of all lines, met or not. */
  eachRecord(visit: (n: number, isSaved: boolean) => void): void;
  /** The number of a line with this URL that an earlier run saved and that was not met, and of which `fits` is true. */
  find(url: string, fits?: (record: Outcome) => boolean): number | undefined;
  /** The same of a line that failed or was skipped. */
  findFailure(url: string, fits?: (record: Outcome) => boolean): number | undefined;
  /** The number of a line that was not met, and has this file. */
  ownerOf(file: string): number | undefined;
}

export interface UnmatchedOptions {
  readonly fd: number;
  readonly lines: LineTable;
  readonly record: (n: number) => Outcome | undefined;
  readonly isLast: (n: number, offset: number, bytes: number) => boolean;
}

/** One bit a line, and indexes that are made when they are first asked for: of those that were not met then. */
export function unmatchedLines({ fd, lines, record, isLast }: UnmatchedOptions): UnmatchedLines {
  const met = bitSet();
  const taken = bitSet();
  let saved: UrlIndex | undefined;
  let failures: UrlIndex | undefined;
  let files: FileIndex | undefined;

  const isUnmet = (index: number) => lines.stateAt(index) !== STATE_NONE && !met.has(index);
  const isFree = (index: number) => isUnmet(index) && !taken.has(index);
  const isSaved = (index: number) => lines.stateAt(index) === STATE_SAVED && isFree(index);
  /** An open line with a mark is one whose file is missing: nothing is known of it that would be of use. */
  const isFailure = (index: number) => {
    const state = lines.stateAt(index);
    return (state === STATE_FAILED || (state === STATE_OPEN && !lines.isMarked(index))) && isFree(index);
  };
  const each = (visit: (index: number) => void) => {
    lines.each((index) => {
      if (isFree(index)) visit(index);
    });
  };
  const count = (isWanted: (index: number) => boolean) => {
    let size = 0;
    each((index) => {
      if (isWanted(index)) size++;
    });
    return size;
  };
  const found = (index: UrlIndex, listed: string, fits: (record: Outcome) => boolean) => {
    const url = knownAs(listed);
    let n: number | undefined;
    index(urlHash(url), (slot) => {
      const one = record(lines.numberAt(slot));
      if (one === undefined || escapedUrl(one.url) !== url || !fits(one)) return false;
      n = one.n;
      return true;
    });
    return n;
  };

  return {
    meet(n) {
      const index = lines.indexOf(n);
      if (index >= 0) met.add(index);
    },
    take(n) {
      const index = lines.indexOf(n);
      if (index >= 0) taken.add(index);
    },
    putBack() {
      taken.clear();
      // What was taken is in them no more.
      saved = undefined;
      failures = undefined;
    },
    get unmet() {
      return count(isSaved);
    },
    get unmetInAll() {
      return count(() => true);
    },
    eachUnmet: (visit) => each((index) => visit(lines.numberAt(index), lines.stateAt(index) === STATE_SAVED)),
    eachRecord(visit) {
      lines.each((index) => {
        const state = lines.stateAt(index);
        if (state !== STATE_NONE) visit(lines.numberAt(index), state === STATE_SAVED);
      });
    },
    find(url, fits = () => true) {
      saved ??= urlIndex(lines, isSaved);
      return found(saved, url, (one) => one.file !== undefined && fits(one));
    },
    findFailure(url, fits = () => true) {
      failures ??= urlIndex(lines, isFailure);
      return found(failures, url, fits);
    },
    ownerOf(file) {
      const isOwner = (n: number) => {
        const index = lines.indexOf(n);
        return index >= 0 && isUnmet(index) && record(n)?.file === file;
      };
      const digits = /(?:^|\/)([0-9]{1,15})(?:\.|$)/.exec(file)?.[1];
      if (digits !== undefined && isNumber(digits) && isOwner(Number(digits))) return Number(digits);
      files ??= fileIndex(fd, (n, offset, bytes) => {
        const index = lines.indexOf(n);
        return index >= 0 && isUnmet(index) && isLast(n, offset, bytes);
      });
      return files(file).find(isOwner);
    },
  };
}
