// Reads the results of a fleet's chunks as the records of one run, and names what is missing.

import { closeSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../../core/job.ts";
import { STATE_FOLDER } from "../../core/layout.ts";
import { openToRead } from "../../fs/open-nofollow.ts";
import { eachLastRecord, type LastRecords } from "../../journal/reading/last-records.ts";
import { chunkOfResults, resultsPath } from "../../queue/chunk.ts";
import { rangesText } from "../../report/statistics/shards.ts";
import { asFolderError } from "../../sink/folder/output-folder.ts";
import { RESULTS, readRecord } from "./plan.ts";

/** Folders that are named one by one. */
const NAMED_FOLDERS = 5;

export interface FleetResults {
  /** The files with results, by the numbers of their chunks. */
  readonly paths: readonly string[];
  /** What is missing, for a person. */
  readonly notes: readonly string[];
}

/** The results in a folder; undefined where no fleet has written there. Throws a FolderError. */
export function fleetResults(folder: string): FleetResults | undefined {
  const record = readRecord(folder);
  if (record === undefined) return undefined;
  try {
    const committed = committedChunks(folder);
    const numbers = [...committed].sort((a, b) => a - b);
    const { chunks } = record;
    const notes =
      chunks === undefined
        ? [`not all chunks were enqueued yet: ${numbers.length} have results`]
        : missingNote(missingChunks(committed, chunks), chunks);
    return {
      paths: numbers.map((n) => join(folder, RESULTS, resultsPath(n))),
      notes: [...notes, ...unmoved(folder, committed)],
    };
  } catch (error) {
    throw asFolderError(error, folder);
  }
}

/** The chunks of a folder that have results. Throws file-system errors. */
export function committedChunks(folder: string): ReadonlySet<number> {
  const committed = new Set<number>();
  const results = join(folder, RESULTS);
  for (const group of readdirSync(results)) {
    if (!/^\d{3,9}$/.test(group)) continue;
    for (const name of readdirSync(join(results, group))) {
      const chunk = chunkOfResults(name);
      if (chunk !== undefined) committed.add(chunk);
    }
  }
  return committed;
}

/** The chunks without results. */
export function missingChunks(committed: ReadonlySet<number>, chunks: number): readonly number[] {
  const missing: number[] = [];
  for (let n = 1; n <= chunks; n++) if (!committed.has(n)) missing.push(n);
  return missing;
}

function missingNote(missing: readonly number[], chunks: number): string[] {
  if (missing.length === 0) return [];
  return [
    `${missing.length} of ${chunks} chunks have no results: ${rangesText(missing)}: run bulkget enqueue and work again`,
  ];
}

/** Committed chunks whose files are not all moved: their worker was killed, or is about to move them. */
function unmoved(folder: string, committed: ReadonlySet<number>): string[] {
  const names = readdirSync(join(folder, STATE_FOLDER)).filter((name) => {
    const [, n] = /^c(\d{6,12})-\d+$/.exec(name) ?? [];
    return n !== undefined && committed.has(Number(n));
  });
  if (names.length === 0) return [];
  return [
    `files of ${names.length} chunks are in ${STATE_FOLDER} still (${names.slice(0, NAMED_FOLDERS).join(", ")}): bulkget enqueue moves them`,
  ];
}

/** Calls `onRecord` with each record of the files, one file after the other. Throws a JournalError, and file-system errors. */
export function readFleet(paths: readonly string[], onRecord: (record: Outcome) => void): LastRecords {
  let records = 0;
  let unreadable = 0;
  each(paths, (fd, path) => {
    const last = eachLastRecord(fd, path, onRecord);
    records += last.records;
    unreadable += last.unreadable;
  });
  return {
    records,
    unreadable,
    again(onAgain) {
      each(paths, (fd, path) => eachLastRecord(fd, path, () => {}).again(onAgain));
    },
  };
}

function each(paths: readonly string[], read: (fd: number, path: string) => void): void {
  for (const path of paths) {
    const fd = openToRead(path);
    try {
      read(fd, path);
    } finally {
      closeSync(fd);
    }
  }
}
