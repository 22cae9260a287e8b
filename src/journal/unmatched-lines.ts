// Recorded lines that no line of the list has matched yet: found by their URL or by their file.

import { isNumber, type Outcome } from "../core/job.ts";
import { escapedUrl } from "../core/text/escape.ts";
import { knownAs } from "../core/url/redact.ts";
import { type FileIndex, fileIndex } from "./file-index.ts";
import { urlHash } from "./reading/parse-record.ts";
import { bitSet } from "./tables/bit-set.ts";
import {
  type LineTable,
  STATE_FAILED,
  STATE_NONE,
  STATE_RETRYABLE,
  STATE_SAVED,
  STATE_SKIPPED,
} from "./tables/line-table.ts";
import { type UrlIndex, urlIndex } from "./tables/url-index.ts";

export interface UnmatchedLines {
  /** The list has this line: it is no longer unmatched. */
  markMatched(n: number): void;
  /** Reserves this line's record for another line of the list: it counts as matched until `releaseReserved`. */
  reserve(n: number): void;
  releaseReserved(): void;
  /** Number of unmatched lines: those whose file exists, and all. */
  readonly unmatchedSaved: number;
  readonly unmatched: number;
  /** Calls `visit` for each unmatched line; `isSaved`: its file exists. */
  eachUnmatched(visit: (n: number, isSaved: boolean) => void): void;
  /** Calls `visit` for each recorded line, matched or not. */
  eachRecord(visit: (n: number, isSaved: boolean) => void): void;
  /** The number of an unmatched saved line with this URL for which `fits` is true. */
  findSaved(url: string, fits?: (record: Outcome) => boolean): number | undefined;
  /** The number of an unmatched failed or skipped line with this URL for which `fits` is true. */
  findFailure(url: string, fits?: (record: Outcome) => boolean): number | undefined;
  /** The number of the unmatched line that owns this file. */
  ownerOf(file: string): number | undefined;
}

export interface UnmatchedOptions {
  readonly fd: number;
  readonly lines: LineTable;
  readonly record: (n: number) => Outcome | undefined;
  readonly isLast: (n: number, offset: number, bytes: number) => boolean;
}

/** Uses two bits per line. The indexes are built at the first call, from the lines unmatched at that time. */
export function unmatchedLines({ fd, lines, record, isLast }: UnmatchedOptions): UnmatchedLines {
  const matched = bitSet();
  const reserved = bitSet();
  let saved: UrlIndex | undefined;
  let failures: UrlIndex | undefined;
  let files: FileIndex | undefined;

  const isUnmatched = (index: number) => lines.stateAt(index) !== STATE_NONE && !matched.has(index);
  const isFree = (index: number) => isUnmatched(index) && !reserved.has(index);
  const isSaved = (index: number) => lines.stateAt(index) === STATE_SAVED && isFree(index);
  /** Not STATE_MISSING: the record of a missing file is of no use. */
  const isFailure = (index: number) => {
    const state = lines.stateAt(index);
    const isOfFailure = state === STATE_FAILED || state === STATE_RETRYABLE || state === STATE_SKIPPED;
    return isOfFailure && isFree(index);
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
  const findIn = (index: UrlIndex, listed: string, fits: (record: Outcome) => boolean) => {
    const url = knownAs(listed);
    let n: number | undefined;
    index(urlHash(url), (slot) => {
      const candidate = record(lines.numberAt(slot));
      if (candidate === undefined || escapedUrl(candidate.url) !== url || !fits(candidate)) return false;
      n = candidate.n;
      return true;
    });
    return n;
  };

  return {
    markMatched(n) {
      const index = lines.indexOf(n);
      if (index >= 0) matched.add(index);
    },
    reserve(n) {
      const index = lines.indexOf(n);
      if (index >= 0) reserved.add(index);
    },
    releaseReserved() {
      reserved.clear();
      // The indexes omit the lines that were reserved.
      saved = undefined;
      failures = undefined;
    },
    get unmatchedSaved() {
      return count(isSaved);
    },
    get unmatched() {
      return count(() => true);
    },
    eachUnmatched: (visit) => each((index) => visit(lines.numberAt(index), lines.stateAt(index) === STATE_SAVED)),
    eachRecord(visit) {
      lines.each((index) => {
        const state = lines.stateAt(index);
        if (state !== STATE_NONE) visit(lines.numberAt(index), state === STATE_SAVED);
      });
    },
    findSaved(url, fits = () => true) {
      saved ??= urlIndex(lines, isSaved);
      return findIn(saved, url, (found) => found.file !== undefined && fits(found));
    },
    findFailure(url, fits = () => true) {
      failures ??= urlIndex(lines, isFailure);
      return findIn(failures, url, fits);
    },
    ownerOf(file) {
      const isOwner = (n: number) => {
        const index = lines.indexOf(n);
        return index >= 0 && isUnmatched(index) && record(n)?.file === file;
      };
      const digits = /(?:^|\/)([0-9]{1,15})(?:\.|$)/.exec(file)?.[1];
      if (digits !== undefined && isNumber(digits) && isOwner(Number(digits))) return Number(digits);
      files ??= fileIndex(fd, (n, offset, bytes) => {
        const index = lines.indexOf(n);
        return index >= 0 && isUnmatched(index) && isLast(n, offset, bytes);
      });
      return files(file).find(isOwner);
    },
  };
}
