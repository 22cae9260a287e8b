// What earlier runs recorded in the journal: which lines are done, and which are to be fetched again.

import { closeSync } from "node:fs";
import { isNumber, type Outcome, type SavedFile } from "../core/job.ts";
import { bitSet } from "./bit-set.ts";
import {
  type LineTable,
  lineTable,
  STATE_FAILED,
  STATE_NONE,
  STATE_OPEN,
  STATE_SAVED,
  type State,
  UNIT_BYTES,
  unitOf,
} from "./line-table.ts";
import { openJournal, refuseNewer } from "./open-journal.ts";
import { isOfOthers, MOVED, OTHERS, type ParsedRecord, parseRecord, urlHash } from "./parse-record.ts";
import { type HistoryQueries, historyQueries } from "./queries.ts";
import { eachLine, type Tail } from "./read-lines.ts";
import { isTorn } from "./recover-records.ts";
import { type SavedUrlIndex, savedUrlIndex } from "./saved-url-index.ts";
import { type UnmatchedLines, unmatchedLines } from "./unmatched-lines.ts";
import { fileVerifier, type StartSecond, secondThread } from "./verify-files.ts";

/** All of it in 9 bytes a line, where the numbers are close together; in 60 at most, wherever they are. */
export interface History extends UnmatchedLines, HistoryQueries {
  /** Lines whose file is there, as they were when the journal was read; so are the next four. */
  readonly saved: number;
  /** Lines that failed and will not pass. */
  readonly failedForGood: number;
  /** Lines that failed and may pass, or whose file is missing or of another size. */
  readonly open: number;
  /** More than its end is no record: it is to be mended before a run goes on with it. */
  readonly isDamaged: boolean;
  /** What was wrong with the journal and its files, a sentence each. */
  readonly notes: readonly string[];
  /** The journal's length in bytes without a torn end: where to append. */
  readonly bytes: number;

  /** Whether the list gave a name to the file that is recorded under a number, other than a number. */
  isNamed(n: number): boolean;
  /** The record of a line with this URL whose file was saved, in this run or before. Asked for once, it costs 8 bytes a line. */
  twin(url: string): SavedFile | undefined;
  /** Nothing is recorded under this number any more: its file was moved elsewhere. */
  forget(n: number): void;
  /** A record was appended at this offset in bytes. A saved one counts as met. */
  add(outcome: Outcome, offset: number): void;
  /** Numbers with a record. */
  readonly recorded: number;
  /** Numbers whose last record is a failure, and failures of this run that have no number. */
  readonly failures: number;
  /** Lines of the journal that no longer count: superseded, forgotten, unreadable. */
  readonly stale: number;
  close(): void;
}

/**
 * Reads a journal and looks at every file it names. Writes nothing. Throws a JournalError for what is no journal of this
 * version's, and whatever else the file system says.
 */
export function readHistory(folder: string, journalPath: string, mayStartThread = true): History {
  const fd = openJournal(journalPath);
  try {
    return history(fd, folder, journalPath, mayStartThread ? secondThread : undefined);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function history(fd: number, folder: string, journalPath: string, start?: StartSecond): History {
  const lines = lineTable();
  const named = bitSet();
  let read = 0;
  let unreadable = 0;
  let firstUnreadable = 0;
  let stale = 0;
  let others = 0;
  let savedByUrl: SavedUrlIndex | undefined;

  /** The mark says of an open line that its file is missing, of a failed one that it was skipped. */
  const set = (n: number, unit: number, hash: number, state: State, mark: boolean, isNamed: boolean) => {
    if (lines.set(n, unit, hash, state, mark) !== STATE_NONE) stale++;
    if (isNamed) named.add(lines.indexOf(n));
    else named.delete(lines.indexOf(n));
  };
  const forget = (n: number) => {
    const index = lines.indexOf(n);
    if (index >= 0 && lines.stateAt(index) !== STATE_NONE) set(n, 0, 0, STATE_NONE, false, false);
  };
  /** Until its file is found missing, a saved line is taken for done. */
  const onMissing = (n: number, unit: number) => {
    const index = lines.indexOf(n);
    // Superseded meanwhile, perhaps.
    const isStill = lines.stateAt(index) === STATE_SAVED && lines.unitAt(index) === unit;
    if (isStill) lines.set(n, unit, lines.hashAt(index), STATE_OPEN, true);
  };
  const files = fileVerifier(folder, onMissing, start);
  const take = (entry: ParsedRecord, unit: number, isShort: boolean) => {
    const { n, outcome, hash, file, bytes, retryable, isNamed } = entry;
    if (outcome === "failed") set(n, unit, hash, retryable ? STATE_OPEN : STATE_FAILED, false, isNamed);
    else if (outcome === "skipped") set(n, unit, hash, STATE_FAILED, true, isNamed);
    else if (file === undefined) set(n, unit, hash, STATE_OPEN, true, isNamed);
    else if (isShort) {
      // Its successor may lie in the same unit, where a late answer could not tell them apart.
      const isThere = files.now(file, bytes);
      set(n, unit, hash, isThere ? STATE_SAVED : STATE_OPEN, !isThere, isNamed);
    } else {
      set(n, unit, hash, STATE_SAVED, false, isNamed);
      files.ask(n, unit, file, bytes);
    }
  };
  const readLine = (line: Buffer, start: number, end: number, offset: number) => {
    read++;
    const entry = parseRecord(line, start, end);
    if (entry === undefined) {
      if (unreadable++ === 0) firstUnreadable = read;
    } else if (entry.outcome === OTHERS) {
      stale++; // this run says it again, if it is still so
    } else if (entry.outcome === MOVED) {
      stale++;
      forget(entry.n);
    } else {
      refuseNewer(entry.outcome, `${journalPath}:${read}`);
      take(entry, unitOf(offset), end - start < UNIT_BYTES);
    }
  };

  const tail = eachLine(fd, readLine);
  const bytes = tail.offset + wholeBytes(tail);
  if (bytes > tail.offset) readLine(tail.bytes, 0, tail.bytes.length, tail.offset);
  files.end();
  stale += unreadable;

  const missing = lines.count(STATE_OPEN, true);
  const notes: string[] = [];
  if (unreadable > 0)
    notes.push(`${counted(unreadable, "unreadable record")} left out, the first at line ${firstUnreadable}`);
  if (tail.fileBytes > bytes)
    notes.push(`a torn last record dropped: ${(tail.fileBytes - bytes).toLocaleString("en")} bytes`);
  if (missing > 0) notes.push(`${counted(missing, "file")} missing or of another size: fetched again`);

  const asked = historyQueries(fd, lines, bytes);
  const unmet = unmatchedLines({ fd, lines, ...asked });
  return {
    saved: lines.count(STATE_SAVED, false),
    failedForGood: lines.count(STATE_FAILED, false),
    open: lines.count(STATE_OPEN, false) + missing,
    isDamaged: unreadable > 0 || !isWholeEnd(tail),
    notes,
    bytes,
    ...asked,
    twin(url) {
      savedByUrl ??= savedUrlIndex(lines, asked.record);
      return savedByUrl.twin(url);
    },
    forget,
    isNamed: (n) => named.has(lines.indexOf(n)),
    ...unmet,
    get unmet() {
      return unmet.unmet;
    },
    get unmetInAll() {
      return unmet.unmetInAll;
    },
    add(outcome, offset) {
      if (isOfOthers(outcome)) return void others++;
      const isFailed = outcome.outcome === "failed";
      const isLeft = isFailed || outcome.outcome === "skipped";
      const state = isFailed && outcome.retryable ? STATE_OPEN : isLeft ? STATE_FAILED : STATE_SAVED;
      const hash = urlHash(outcome.url);
      const isNamed = outcome.name !== undefined && !isNumber(outcome.name);
      set(outcome.n, unitOf(offset), hash, state, outcome.outcome === "skipped", isNamed);
      unmet.meet(outcome.n);
      if (state === STATE_SAVED && !("duplicate_of" in outcome)) savedByUrl?.add(outcome.n, hash);
    },
    get recorded() {
      return recordedIn(lines);
    },
    get failures() {
      return failuresIn(lines) + others;
    },
    get stale() {
      return stale;
    },
    close: () => closeSync(fd),
  };
}

function failuresIn(lines: LineTable): number {
  return lines.count(STATE_FAILED, false) + lines.count(STATE_OPEN, false);
}

function recordedIn(lines: LineTable): number {
  const states = [STATE_SAVED, STATE_FAILED, STATE_OPEN] as const;
  return states.reduce((sum, state) => sum + lines.count(state, false) + lines.count(state, true), 0);
}

/** Whether what follows the last line feed is nothing but a record, or the beginning of one. */
export function isWholeEnd(tail: Tail): boolean {
  if (tail.fileBytes === tail.offset || wholeBytes(tail) > 0) return true;
  return tail.bytes.length > 0 && isTorn(tail.bytes);
}

/** The length of a last record that lacks nothing but its line feed; otherwise 0. */
function wholeBytes({ bytes }: Tail): number {
  return parseRecord(bytes, 0, bytes.length) === undefined ? 0 : bytes.length;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
