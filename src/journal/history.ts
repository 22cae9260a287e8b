// Reads the journal of earlier runs: which lines are saved, failed or skipped, and which must be fetched again.

import { closeSync } from "node:fs";
import { join } from "node:path";
import { type DuplicateSource, isNumber, type Outcome } from "../core/job.ts";
import { LAYOUT } from "../core/layout.ts";
import { type HistoryQueries, historyQueries } from "./queries.ts";
import { openJournal, refuseNewer } from "./reading/open-journal.ts";
import {
  DUPLICATE_NUMBER,
  hasDuplicateNumber,
  MOVED,
  type ParsedRecord,
  parseRecord,
  urlHash,
} from "./reading/parse-record.ts";
import { eachLine } from "./reading/read-lines.ts";
import { isWholeEnd, wholeBytes } from "./reading/whole-end.ts";
import { type SavedUrlIndex, savedUrlIndex } from "./saved-url-index.ts";
import { bitSet } from "./tables/bit-set.ts";
import {
  type LineTable,
  lineTable,
  STATE_FAILED,
  STATE_MISSING,
  STATE_NONE,
  STATE_RETRYABLE,
  STATE_SAVED,
  STATE_SKIPPED,
  type State,
  UNIT_BYTES,
  unitOf,
} from "./tables/line-table.ts";
import { type UnmatchedLines, unmatchedLines } from "./unmatched-lines.ts";
import { BELIEVED, type RemoteBodies } from "./verifying/remote-bodies.ts";
import { type ShardEnds, shardEnds } from "./verifying/shard-ends.ts";
import { fileVerifier, type StartThread, startVerifierThread } from "./verifying/verify-files.ts";

/** About 9 bytes per line for dense line numbers; at most 60 for sparse ones. */
export interface History extends UnmatchedLines, HistoryQueries {
  /** Lines whose file exists. This and the next five are as of when the journal was read. */
  readonly saved: number;
  /** Lines that failed permanently. */
  readonly failedForGood: number;
  /** Lines whose failure is retried, or whose file is missing or has another length. */
  readonly open: number;
  /** Lines other than a torn last one are not records: repair the journal before resuming. */
  readonly isDamaged: boolean;
  /** Problems of the journal and its files, one sentence each, for the user. */
  readonly notes: readonly string[];
  /** The journal's length in bytes without a torn end: where to append. */
  readonly bytes: number;

  /** Whether the list named the recorded file of a number, other than by a number. */
  isNamed(n: number): boolean;
  /** The record of a line with this URL that was saved, in this run or before. The first call builds an index: 8 bytes per line. */
  duplicateSource(url: string): DuplicateSource | undefined;
  /** Removes what is recorded of a number: its file was moved elsewhere. */
  remove(n: number): void;
  /** Adds a record that was appended at this offset in bytes. Its line counts as matched. */
  add(outcome: Outcome, offset: number): void;
  /** Number of lines with a record. */
  readonly recorded: number;
  /** Number of lines whose last record is a failure, plus failures of this run with a duplicate number. */
  readonly failures: number;
  /** What is recorded of each shard, by earlier runs. */
  readonly shards: ShardEnds;
  /** Number of obsolete lines of the journal: superseded, removed or unreadable. */
  readonly stale: number;
  close(): void;
}

export interface HistoryOptions {
  /** The state folder of the run. Default: that of a run of a whole list. */
  readonly state?: string;
  /** Whether a second thread may check the files. Default true. */
  readonly mayStartThread?: boolean;
  /** Bodies are not in the folder. Default: they are. */
  readonly remote?: RemoteBodies | undefined;
}

/**
 * Reads a journal and checks every file that it names. Writes nothing. Throws a JournalError for a file that this version
 * cannot read, and file-system errors.
 */
export function readHistory(
  folder: string,
  journalPath: string,
  { state = join(folder, LAYOUT.state), mayStartThread = true, remote }: HistoryOptions = {},
): History {
  const fd = openJournal(journalPath);
  try {
    return history(fd, { folder, state, journalPath, remote }, mayStartThread ? startVerifierThread : undefined);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

interface HistoryPaths {
  readonly folder: string;
  readonly state: string;
  readonly journalPath: string;
  readonly remote: RemoteBodies | undefined;
}

function history(fd: number, { folder, state, journalPath, remote }: HistoryPaths, start?: StartThread): History {
  const lines = lineTable();
  const named = bitSet();
  let lineCount = 0;
  let unreadable = 0;
  let firstUnreadable = 0;
  let stale = 0;
  let duplicateNumbers = 0;
  let savedByUrl: SavedUrlIndex | undefined;

  const set = (n: number, unit: number, hash: number, state: State, isNamed: boolean) => {
    if (lines.set(n, unit, hash, state) !== STATE_NONE) stale++;
    if (isNamed) named.add(lines.indexOf(n));
    else named.delete(lines.indexOf(n));
  };
  const remove = (n: number) => {
    const index = lines.indexOf(n);
    if (index >= 0 && lines.stateAt(index) !== STATE_NONE) set(n, 0, 0, STATE_NONE, false);
  };
  const onMissing = (n: number, unit: number) => {
    const index = lines.indexOf(n);
    // A later record may have superseded this one.
    const isCurrent = lines.stateAt(index) === STATE_SAVED && lines.unitAt(index) === unit;
    if (isCurrent) lines.set(n, unit, lines.hashAt(index), STATE_MISSING);
  };
  const files = remote === undefined ? fileVerifier(folder, onMissing, start) : BELIEVED;
  const shards = shardEnds(folder, state, remote?.shardBytes);
  /** A saved line counts as saved until its file is found missing. */
  const addRecord = (entry: ParsedRecord, unit: number, isShort: boolean) => {
    const { n, outcome, hash, file, bytes, shard, shardEnd, retryable, isNamed } = entry;
    const isInShard = shard !== undefined && shards.has(shard, shardEnd);
    if (outcome === "failed") set(n, unit, hash, retryable ? STATE_RETRYABLE : STATE_FAILED, isNamed);
    else if (outcome === "skipped") set(n, unit, hash, STATE_SKIPPED, isNamed);
    else if (shard !== undefined) set(n, unit, hash, isInShard ? STATE_SAVED : STATE_MISSING, isNamed);
    else if (file === undefined) set(n, unit, hash, STATE_MISSING, isNamed);
    else if (isShort) {
      // Its successor may begin in the same unit, and onMissing could not tell them apart.
      set(n, unit, hash, files.check(file, bytes) ? STATE_SAVED : STATE_MISSING, isNamed);
    } else {
      set(n, unit, hash, STATE_SAVED, isNamed);
      files.queue(n, unit, file, bytes);
    }
  };
  const readLine = (line: Buffer, start: number, end: number, offset: number) => {
    lineCount++;
    const entry = parseRecord(line, start, end);
    if (entry === undefined) {
      if (unreadable++ === 0) firstUnreadable = lineCount;
    } else if (entry.outcome === DUPLICATE_NUMBER) {
      stale++; // this run records it again if it still applies
    } else if (entry.outcome === MOVED) {
      stale++;
      remove(entry.n);
    } else {
      refuseNewer(entry.outcome, `${journalPath}:${lineCount}`);
      addRecord(entry, unitOf(offset), end - start < UNIT_BYTES);
    }
  };

  const tail = eachLine(fd, readLine);
  const bytes = tail.offset + wholeBytes(tail);
  if (bytes > tail.offset) readLine(tail.bytes, 0, tail.bytes.length, tail.offset);
  files.finish();
  stale += unreadable;

  const missing = lines.count(STATE_MISSING);
  const notes: string[] = [];
  if (unreadable > 0)
    notes.push(`${countOf(unreadable, "unreadable record")} left out, the first at line ${firstUnreadable}`);
  if (tail.fileBytes > bytes)
    notes.push(`a torn last record dropped: ${(tail.fileBytes - bytes).toLocaleString("en")} bytes`);
  if (missing > 0) notes.push(`${countOf(missing, "file")} missing or of another size: fetched again`);

  const queries = historyQueries(fd, lines, bytes);
  const unmatched = unmatchedLines({ fd, lines, ...queries });
  return {
    saved: lines.count(STATE_SAVED),
    failedForGood: lines.count(STATE_FAILED),
    open: lines.count(STATE_RETRYABLE) + missing,
    isDamaged: unreadable > 0 || !isWholeEnd(tail),
    notes,
    bytes,
    ...queries,
    duplicateSource(url) {
      savedByUrl ??= savedUrlIndex(lines, queries.record);
      return savedByUrl.find(url);
    },
    remove,
    isNamed: (n) => named.has(lines.indexOf(n)),
    ...unmatched,
    get unmatchedSaved() {
      return unmatched.unmatchedSaved;
    },
    get unmatched() {
      return unmatched.unmatched;
    },
    add(outcome, offset) {
      if (hasDuplicateNumber(outcome)) return void duplicateNumbers++;
      const state = stateOf(outcome);
      const hash = urlHash(outcome.url);
      const isNamed = outcome.name !== undefined && !isNumber(outcome.name);
      set(outcome.n, unitOf(offset), hash, state, isNamed);
      unmatched.markMatched(outcome.n);
      queries.onAdded(outcome);
      if (state === STATE_SAVED && !("duplicate_of" in outcome)) savedByUrl?.add(outcome.n, hash);
    },
    get recorded() {
      return recordedCount(lines);
    },
    get failures() {
      return failureCount(lines) + duplicateNumbers;
    },
    get stale() {
      return stale;
    },
    shards,
    close: () => closeSync(fd),
  };
}

/** The state of a line that this run has finished. */
function stateOf(outcome: Outcome): State {
  if (outcome.outcome === "failed") return outcome.retryable ? STATE_RETRYABLE : STATE_FAILED;
  return outcome.outcome === "skipped" ? STATE_SKIPPED : STATE_SAVED;
}

function failureCount(lines: LineTable): number {
  return lines.count(STATE_FAILED) + lines.count(STATE_RETRYABLE);
}

function recordedCount(lines: LineTable): number {
  const states = [STATE_SAVED, STATE_FAILED, STATE_RETRYABLE, STATE_SKIPPED, STATE_MISSING] as const;
  return states.reduce((sum, state) => sum + lines.count(state), 0);
}

export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
