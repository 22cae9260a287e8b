// Reads output folders for `bulkget report`: their records as one run, and what their runs wrote about themselves.

import { closeSync, fstatSync, readSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { FolderError, type Wording } from "../core/errors.ts";
import type { Outcome } from "../core/job.ts";
import { LAYOUT } from "../core/layout.ts";
import { openToRead } from "../fs/open-nofollow.ts";
import { eachLastRecord, type LastRecords } from "../journal/reading/last-records.ts";
import { openJournal } from "../journal/reading/open-journal.ts";
import { statisticsFold } from "../report/statistics/fold.ts";
import { measured } from "../report/statistics/measured.ts";
import { parseRuns } from "../report/statistics/runs.ts";
import { shardsFold } from "../report/statistics/shards.ts";
import type { RunEntry, Statistics } from "../report/statistics/statistics.ts";
import { asFolderError } from "../sink/folder/output-folder.ts";
import { fleetResults, readFleet } from "./fleet/results.ts";
import { type FolderJournals, type JournalOfFolder, journalsOf } from "./journals.ts";

/** What is read of runs.jsonl, from its end: the runs of a job that runs each hour for years. */
const MAX_RUNS_BYTES = 16_777_216;

export interface FolderReport {
  readonly statistics: Statistics;
  /** What is missing in the folders of fleets. */
  readonly notes: readonly string[];
  /** The journals that were read, with their folders. */
  readonly journals: readonly JournalOfFolder[];
  /** Calls `onRecord` with all records, folder by folder in the order of their files. `bytes`: the length of its line. */
  eachRecord(onRecord: (record: Outcome, bytes: number) => void): void;
  close(): void;
}

/**
 * Reads the folders, which it neither changes nor locks: a run may be under way in them. The last record of each line counts.
 * Throws a FolderError, and a JournalError.
 */
export function openReport(folders: readonly string[]): FolderReport {
  const journals: Journal[] = [];
  const read: JournalOfFolder[] = [];
  const close = () => {
    for (const journal of journals) journal.close();
  };
  try {
    refuseTwice(folders);
    const notes: string[] = [];
    const statistics = readStatistics(folders, journals, read, notes);
    return { statistics, notes, journals: read, eachRecord: (onRecord) => readAgain(journals, onRecord), close };
  } catch (error) {
    close();
    throw error;
  }
}

interface Journal {
  readonly last: LastRecords;
  close(): void;
}

/** Adds the open journals to `journals`. Its own function, so that the counters are freed before the records are read again. */
function readStatistics(
  folders: readonly string[],
  journals: Journal[],
  read: JournalOfFolder[],
  notes: string[],
): Statistics {
  const fold = statisticsFold();
  const runs: RunEntry[] = [];
  const shards = shardsFold();
  let unreadable = 0;
  for (const folder of folders) {
    const fleet = fleetResults(folder);
    if (fleet !== undefined) {
      const last = readFleet(fleet.paths, (record) => fold.add(measured(record), () => record));
      journals.push({ last, close() {} });
      unreadable += last.unreadable;
      notes.push(...fleet.notes.map((text) => `${folder}: ${text}`));
      continue;
    }
    const found = findIn(folder);
    if (found.count !== undefined) shards.expect(found.count);
    for (const journal of found.runs) {
      const { paths, shard } = journal;
      const fd = openIn(folder, paths.journal);
      try {
        const last = eachLastRecord(fd, paths.journal, (record) => fold.add(measured(record), () => record));
        const own = runsIn(paths.runs);
        runs.push(...own);
        if (shard !== undefined) shards.add(shard, own);
        journals.push({ last, close: () => closeSync(fd) });
        read.push(journal);
        unreadable += last.unreadable;
      } catch (error) {
        closeSync(fd);
        throw asFolderError(error, folder);
      }
    }
  }
  if (journals.every(({ last }) => last.records === 0)) throw emptyFolder(folders, unreadable);
  runs.sort((a, b) => a.startAtMs - b.startAtMs);
  return fold.statistics({ folders, runs, unreadable, shards: shards.rows() });
}

function readAgain(journals: readonly Journal[], onRecord: (record: Outcome, bytes: number) => void): void {
  for (const { last } of journals) last.again(onRecord);
}

function findIn(folder: string): FolderJournals {
  try {
    return journalsOf(folder);
  } catch (error) {
    throw asFolderError(error, folder);
  }
}

function openIn(folder: string, path: string): number {
  try {
    return openJournal(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new FolderError("usage", (words) => `${folder}: ${whyNone(folder, words)}`);
    throw asFolderError(error, folder);
  }
}

function whyNone(folder: string, { option }: Wording): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return "there is no such folder: name the one that a run wrote into";
  const names = `its ${option("outputDir")} or ${option("state")}`;
  if (stats.isDirectory()) return `has no ${LAYOUT.journal}: name the folder that a run wrote into (${names})`;
  const isJournal = basename(folder) === LAYOUT.journal;
  return isJournal ? `is a file: name its folder, ${dirname(folder)}` : "is a file: name the folder of a run";
}

function emptyFolder(folders: readonly string[], unreadable: number): FolderError {
  const where = `${folders.join(", ")}: ${LAYOUT.journal}`;
  if (unreadable === 0)
    return new FolderError("usage", `${where} has no record yet: try again when a URL has finished`);
  const repair = "if another program has reformatted it, the next run in this folder repairs it";
  return new FolderError("usage", `${where} has no line that is a record of a run: ${repair}`);
}

function refuseTwice(folders: readonly string[]): void {
  const known = new Map<string, string>();
  for (const folder of folders) {
    const stats = statSync(folder, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) continue;
    const key = `${stats.dev}:${stats.ino}`;
    const other = known.get(key);
    if (other !== undefined) throw new FolderError("usage", `${folder}: is the same folder as ${other}: name it once`);
    known.set(key, folder);
  }
}

/** Without the file, or with a link in its place, there are none. */
function runsIn(path: string): readonly RunEntry[] {
  let fd: number;
  try {
    fd = openToRead(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ELOOP") return [];
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, MAX_RUNS_BYTES));
    const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return parseRuns(bytes.toString("utf8", 0, read).split("\n"));
  } finally {
    closeSync(fd);
  }
}
