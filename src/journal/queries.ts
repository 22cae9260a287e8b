// What may be asked of a history: the questions that change nothing.

import type { Outcome } from "../core/job.ts";
import { knownAs } from "../core/redact.ts";
import { fileOwners, type IsOthers } from "./file-owners.ts";
import { LAST_UNIT, type LineTable, STATE_FAILED, STATE_NONE, UNIT_BYTES, unitOf } from "./line-table.ts";
import { urlHash } from "./parse-record.ts";
import { recordAt } from "./read-lines.ts";
import { recordedUrls } from "./recorded-url.ts";

export interface HistoryQueries {
  /** What is recorded under a number with this URL, whatever its password; "other" under another, undefined for nothing. */
  state(n: number, url: string): "saved" | "failed" | "skipped" | "open" | "other" | undefined;
  /** The last record under a number, without `file` where that is another's; undefined if none is there, or not written yet. */
  record(n: number): Outcome | undefined;
  /** Whether it is for sure, and quickly seen, that a number has this URL and this file, saved. */
  hasFile(n: number, url: string, file: string): boolean;
  /** Whether the record of this number, offset and length is the one that counts. */
  isLast(n: number, offset: number, bytes: number): boolean;
}

const WORDS = [undefined, "saved", "failed", "open"] as const;

/** Of a journal that had so many bytes when it was read. */
export function historyQueries(fd: number, lines: LineTable, bytes: number): HistoryQueries {
  let isOthers: IsOthers | undefined;
  const urls = recordedUrls(fd, bytes);
  const isLast = (n: number, offset: number, bytes: number): boolean => {
    const slot = at(n);
    if (slot < 0 || lines.unitAt(slot) !== unitOf(offset)) return false;
    // No other record begins in the unit where a long one does. So far behind, twice is better than never.
    if (bytes >= UNIT_BYTES || unitOf(offset) === LAST_UNIT) return true;
    return recordAt(fd, unitOf(offset), n)?.offset === offset;
  };
  const at = (n: number): number => {
    const slot = lines.indexOf(n);
    return slot >= 0 && lines.stateAt(slot) !== STATE_NONE ? slot : -1;
  };
  return {
    state(n, url) {
      const slot = at(n);
      if (slot < 0) return undefined;
      const shown = knownAs(url);
      if (lines.hashAt(slot) !== urlHash(shown) || !urls.has(lines.unitAt(slot), n, shown)) return "other";
      const isSkipped = lines.stateAt(slot) === STATE_FAILED && lines.isMarked(slot);
      return isSkipped ? "skipped" : WORDS[lines.stateAt(slot)];
    },
    record(n) {
      const slot = at(n);
      const outcome = slot < 0 ? undefined : recordAt(fd, lines.unitAt(slot), n)?.outcome;
      if (outcome?.file === undefined) return outcome;
      isOthers ??= fileOwners(fd, isLast);
      if (isOthers(n, outcome.file)) delete (outcome as { file?: string }).file; // off the wire
      return outcome;
    },
    hasFile(n, url, file) {
      const slot = at(n);
      return slot >= 0 && urls.hasFile(lines.unitAt(slot), n, knownAs(url), file);
    },
    isLast,
  };
}
