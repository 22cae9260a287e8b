// The results of an attempt at a chunk: its counts, the hosts that failed, and the files that belong to it.

import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FolderError } from "../../../core/errors.ts";
import type { Failed, Outcome } from "../../../core/job.ts";
import { indexNameOf, SHARD } from "../../../core/layout.ts";
import { count, emptyTally, type Tally } from "../../../core/run/tally.ts";
import { openToRead } from "../../../fs/open-nofollow.ts";
import { isSafeHeadersPath, isSafePath } from "../../../fs/safe-path.ts";
import { type FailingHost, failingHosts } from "../../../report/failing-hosts.ts";

/** Hosts of a chunk that are sent to `watch`. */
const SENT_HOSTS = 20;

export interface AttemptResults {
  readonly tally: Tally;
  readonly hosts: readonly FailingHost[];
  readonly files: readonly string[];
  /** Those of lines that the list names. */
  readonly named: readonly string[];
  /** Archives, and the names that their indexes have. */
  readonly archives: readonly string[];
}

/** Reads results, which an attempt of this version has written. Throws a FolderError, and file-system errors. */
export function readResults(path: string): AttemptResults {
  return resultsIn(readJournal(path), path);
}

/** The same of their text. `where`: its place, for messages. */
export function resultsIn(text: string, where: string): AttemptResults {
  const counted = attemptCounter();
  for (const line of linesOf(text)) counted.add(recordOf(line, where));
  return counted.results();
}

export interface AttemptCounter {
  add(record: Outcome): void;
  results(): AttemptResults;
}

/** Counts the records of an attempt. */
export function attemptCounter(): AttemptCounter {
  const tally = emptyTally();
  const hosts = failingHosts();
  const files: string[] = [];
  const named: string[] = [];
  const shards = new Set<string>();
  return {
    add(record) {
      count(tally, record);
      void hosts.outcome(record); // returns no promise
      const { file, headers_file: headers, shard } = record as OfBody;
      if (shard !== undefined && SHARD.test(shard)) shards.add(shard);
      if (record.outcome === "saved" && file !== undefined && isSafePath(file)) {
        files.push(file);
        if (record.name !== undefined) named.push(file);
      }
      if (record.outcome === "saved" && headers !== undefined && isSafeHeadersPath(headers)) files.push(headers);
    },
    results() {
      const indexes = [...shards].flatMap((shard) => indexNameOf(shard) ?? []);
      return { tally, hosts: hosts.top(SENT_HOSTS).hosts, files, named, archives: [...shards, ...indexes] };
    },
  };
}

interface OfBody {
  readonly file?: string;
  readonly headers_file?: string;
  readonly shard?: string;
}

/** Changes the records of saved lines whose names other files have into failures. Throws file-system errors. */
export function failTaken(path: string, taken: ReadonlySet<string>): void {
  const lines = linesOf(readJournal(path)).map((line) => {
    const record = recordOf(line, path);
    return record.outcome === "saved" && taken.has(record.file ?? "") ? JSON.stringify(failed(record)) : line;
  });
  const part = join(dirname(path), `results-${randomBytes(4).toString("hex")}`);
  writeFileSync(part, lines.map((line) => `${line}\n`).join(""), { flag: "wx", flush: true });
  renameSync(part, path);
}

function failed(record: Outcome): Failed {
  const {
    n,
    url,
    name,
    list,
    line,
    attempts,
    retried_after: retriedAfter,
    total_ms: totalMs,
    time,
    status,
    file,
  } = record;
  return {
    ...{ n, url },
    ...(name === undefined ? {} : { name }),
    ...(list === undefined ? {} : { list }),
    ...(line === undefined ? {} : { line }),
    ...{
      outcome: "failed",
      error: "file_exists",
      detail: `${file ?? ""} is there already, and not this line's`,
      retryable: false,
    },
    ...(status === undefined ? {} : { status }),
    attempts,
    ...(retriedAfter === undefined ? {} : { retried_after: retriedAfter }),
    ...{ total_ms: totalMs, time },
  };
}

/** The text of an attempt's journal. Throws a FolderError, and file-system errors. */
export function readJournal(path: string): string {
  const fd = openToRead(path);
  try {
    if (!fstatSync(fd).isFile()) throw new FolderError("usage", `${path}: is no file: remove it`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function recordOf(line: string, path: string): Outcome {
  try {
    return JSON.parse(line) as Outcome; // written by an attempt
  } catch {
    throw new FolderError("usage", `${path}: has a line that is no record: remove it, and enqueue the list again`);
  }
}
