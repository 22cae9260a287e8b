// The read-only lookups of a history: a line's state, its record, its file.

import type { Outcome } from "../core/job.ts";
import { knownAs } from "../core/url/redact.ts";
import { fileOwners, type IsOwnedByOther, isOfNumber } from "./file-owners.ts";
import { urlHash } from "./reading/parse-record.ts";
import { recordAt } from "./reading/read-lines.ts";
import { recordedUrls } from "./recorded-url.ts";
import { type FingerprintSet, fingerprintSet } from "./tables/fingerprint-set.ts";
import { LAST_UNIT, type LineTable, STATE_NONE, UNIT_BYTES, unitOf } from "./tables/line-table.ts";

export interface HistoryQueries {
  /** The state recorded for this number and URL, ignoring its password; "other": the number has another URL; undefined: none. */
  state(n: number, url: string): "saved" | "failed" | "skipped" | "open" | "other" | undefined;
  /** The state recorded for this number, whatever its URL. */
  stateOf(n: number): "saved" | "failed" | "skipped" | "open" | undefined;
  /**
   * A number's last record, without `file` if another line owns it, or took it in this run; undefined if there is none, or
   * it is not written yet.
   */
  record(n: number): Outcome | undefined;
  /** Whether the record of a number is certainly saved, with this URL and file. False if only a full parse can tell. */
  hasFile(n: number, url: string, file: string): boolean;
  /** Whether the record of this number, offset and length is the number's current one. */
  isLast(n: number, offset: number, bytes: number): boolean;
}

/** Names by the STATE_ constants. */
const STATE_NAMES = [undefined, "saved", "failed", "open", "skipped", "open"] as const;

/** `bytes`: the journal's length when it was read. */
export function historyQueries(
  fd: number,
  lines: LineTable,
  bytes: number,
): HistoryQueries & { onAdded(outcome: Outcome): void } {
  let isOwnedByOther: IsOwnedByOther | undefined;
  /** Files of this run's records, since owners were read. A stale record may name one: a kill while its own was set aside. */
  let taken: FingerprintSet | undefined;
  const urls = recordedUrls(fd, bytes);
  const isLast = (n: number, offset: number, bytes: number): boolean => {
    const index = indexOf(n);
    if (index < 0 || lines.unitAt(index) !== unitOf(offset)) return false;
    // A long record is the only one in its unit. In LAST_UNIT, keeping a record twice is better than losing it.
    if (bytes >= UNIT_BYTES || unitOf(offset) === LAST_UNIT) return true;
    return recordAt(fd, unitOf(offset), n)?.offset === offset;
  };
  const indexOf = (n: number): number => {
    const index = lines.indexOf(n);
    return index >= 0 && lines.stateAt(index) !== STATE_NONE ? index : -1;
  };
  return {
    state(n, url) {
      const index = indexOf(n);
      if (index < 0) return undefined;
      const shown = knownAs(url);
      if (lines.hashAt(index) !== urlHash(shown) || !urls.has(lines.unitAt(index), n, shown)) return "other";
      return STATE_NAMES[lines.stateAt(index)];
    },
    stateOf(n) {
      const index = indexOf(n);
      return index < 0 ? undefined : STATE_NAMES[lines.stateAt(index)];
    },
    record(n) {
      const index = indexOf(n);
      const found = index < 0 ? undefined : recordAt(fd, lines.unitAt(index), n);
      const outcome = found?.outcome;
      if (found === undefined || outcome?.file === undefined) return outcome;
      isOwnedByOther ??= fileOwners(fd, isLast);
      taken ??= fingerprintSet();
      const isTaken = found.offset < bytes && taken.has(outcome.file);
      if (isTaken || isOwnedByOther(n, outcome.file)) delete (outcome as { file?: string }).file; // an object of JSON.parse
      return outcome;
    },
    onAdded({ n, outcome, file }) {
      if (file !== undefined && outcome !== "failed" && !isOfNumber(file, n)) taken?.add(file);
    },
    hasFile(n, url, file) {
      const index = indexOf(n);
      return index >= 0 && urls.hasFile(lines.unitAt(index), n, knownAs(url), file);
    },
    isLast,
  };
}
