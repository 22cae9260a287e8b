// The plan of a fleet's run: what `enqueue` decided and every worker needs, and the part of it that the output folder keeps.

import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { FolderError, OptionError } from "../../core/errors.ts";
import { STATE_FOLDER, STATE_LAYOUT } from "../../core/layout.ts";
import { chunkOfResults, resultsPath } from "../../queue/chunk.ts";
import { makeFolder } from "../../sink/folder/output-folder.ts";
import type { ScheduleOptions } from "../download.ts";
import type { FetchOptions } from "../network/http-client.ts";
import type { OutputOptions, ResolvedOutputOptions } from "../output/output-options.ts";

/** The options of the run that each worker takes: plain data. */
export type FleetOptions = FetchOptions &
  ResolvedOutputOptions &
  Omit<ScheduleOptions, "order"> & { readonly order?: "fair" | "list" | "longest" } & {
    /** The URL of the list, credentials included. */
    readonly listUrl?: string | undefined;
  };

/** What the folder keeps: it decides which chunks there are, and must be the same each time the list is enqueued. */
export interface FleetRecord {
  /** 8 hexadecimal digits. */
  readonly run: string;
  /** The lists, as absolute paths; "-" for standard input. */
  readonly lists: readonly string[];
  /** The length of the list, where chunks are ranges of its bytes. */
  readonly listBytes?: number;
  /** CRC-32 of its bytes. */
  readonly listCrc?: number;
  /** Its ETag, where it is on the web and chunks are ranges of its bytes. */
  readonly listEtag?: string;
  /** Lines in a chunk. */
  readonly chunkLines: number;
  readonly shardBy: "line" | "host";
  /** Number of chunks; absent until all are enqueued. */
  readonly chunks?: number;
  /** Number of lines, without blank ones and comments where chunks have the lines themselves. */
  readonly lines?: number;
  readonly format: NonNullable<OutputOptions["format"]>;
  readonly name: string;
  /** When it was first enqueued: ISO 8601. */
  readonly begin: string;
  /** Whether the store keeps an object that is there when another one is put with `If-None-Match: *`; absent for a folder. */
  readonly isConditional?: boolean;
  /** The folder had no files when the list was enqueued first: only names of the list can be taken. */
  readonly wasEmpty?: boolean;
}

/** What the queue keeps. */
export interface FleetPlan extends FleetRecord {
  /** The output folder, as an absolute path, or the address of a store as it is shown. */
  readonly folder: string;
  /** The options; only files of secrets are named, but headers and credentials are in it. */
  readonly options: FleetOptions;
}

/** The folder of committed results in an output folder. */
export const RESULTS = "results";

/** The object with the results of a chunk, below the prefix. */
export function resultsKey(chunk: number): string {
  return `${RESULTS}/${resultsPath(chunk)}`;
}

/** The chunk whose results an object has; undefined for other objects. */
export function chunkOfKey(name: string): number | undefined {
  const chunk = chunkOfResults(basename(name));
  return chunk !== undefined && name === resultsKey(chunk) ? chunk : undefined;
}

export function recordPath(folder: string): string {
  return join(folder, STATE_FOLDER, STATE_LAYOUT.fleet);
}

/** The record in a folder; undefined where no fleet has written there. Throws a FolderError. */
export function readRecord(folder: string): FleetRecord | undefined {
  let text: string;
  try {
    text = readFileSync(recordPath(folder), "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new FolderError("disk", `${folder}: cannot be read: ${message}`, { cause: error });
  }
  return parseRecord(text, recordPath(folder));
}

/** `where`: its place, for the message. Throws a FolderError for what is no record. */
export function parseRecord(text: string, where: string): FleetRecord {
  try {
    const value = JSON.parse(text) as FleetRecord; // written by `enqueue`
    if (/^[0-9a-f]{8}$/.test(value.run) && Array.isArray(value.lists) && value.chunkLines > 0) return value;
  } catch {
    // Not JSON.
  }
  throw new FolderError(
    "usage",
    ({ option }) => `${where}: is no record of bulkget enqueue: use another output (${option("outputDir")})`,
  );
}

/** Writes the record, whole or not at all. Throws file-system errors. */
export function writeRecord(folder: string, record: FleetRecord): void {
  const path = recordPath(folder);
  const part = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    writeFileSync(part, `${JSON.stringify(record)}\n`, { flag: "wx", flush: true });
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
}

/** Creates the folders, and refuses a file system without hard links, by which results are committed. Throws a FolderError. */
export function prepareFleetFolder(folder: string): void {
  const state = join(folder, STATE_FOLDER);
  const one = join(state, `link-${randomBytes(4).toString("hex")}`);
  const other = `${one}-b`;
  try {
    makeFolder(folder);
    makeFolder(state);
    makeFolder(join(folder, RESULTS));
    writeFileSync(one, "", { flag: "wx" });
    try {
      linkSync(one, other);
    } finally {
      rmSync(one, { force: true });
      rmSync(other, { force: true });
    }
  } catch (error) {
    const { code = "", message, syscall } = error as NodeJS.ErrnoException;
    if (syscall === "link")
      throw new FolderError(
        "usage",
        `${folder}: its file system has no hard links (${code}), which commit the results of a chunk: use another folder`,
      );
    throw new FolderError("disk", `${folder}: cannot be used: ${message}`, { cause: error });
  }
}

/** Throws an OptionError where the folder has a run that today's command would enqueue differently. */
export function refuseOtherRun(before: FleetRecord, now: Omit<FleetRecord, "run" | "begin">): void {
  const differs = (["chunkLines", "shardBy", "listBytes", "listEtag", "listCrc", "format", "name"] as const).find(
    (key) => before[key] !== now[key],
  );
  const isSameList = before.lists.join("\n") === now.lists.join("\n");
  if (isSameList && differs === undefined) return;
  throw new OptionError(({ option }) => {
    const what = {
      chunkLines: `its chunks have ${before.chunkLines} lines (--chunk ${before.chunkLines})`,
      shardBy: `it was enqueued with ${option("shardBy")} ${before.shardBy}`,
      listBytes: `its list had ${before.listBytes ?? "no"} bytes, and has ${now.listBytes ?? "none"} now`,
      listCrc: "its list had other lines, with as many bytes in all",
      listEtag: `its list had the ETag ${before.listEtag ?? "of no range"}, and has ${now.listEtag ?? "none"} now`,
      format: `it holds ${before.format}`,
      name: `its names are ${JSON.stringify(before.name)} (${option("name")})`,
    } as const;
    const why = isSameList && differs !== undefined ? what[differs] : `its list is ${before.lists.join(" ")}`;
    return `the folder holds another run of a fleet: ${why}: enqueue it as it was, or use another folder (${option("outputDir")})`;
  });
}

/** The folder of a new attempt at a chunk, made exclusively: `c000123-2` in the folder `state`. Throws file-system errors. */
export function makeAttempt(state: string, chunk: string, attempt: number): string {
  for (let i = attempt; ; i++) {
    const path = join(state, `${chunk}-${i}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
