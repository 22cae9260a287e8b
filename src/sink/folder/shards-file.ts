// The number of shards of a folder, and how they divide the list: kept in a file, so that a shard cannot be of another division.

import { randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  opendirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { FolderError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { LAYOUT, type ListShard, layoutOf, STATE_FOLDER, STATE_LAYOUT, shardOfJournal } from "../../core/layout.ts";
import { MAX_SHARDS, type ShardBy } from "../../core/list-shard.ts";
import { createAt, isHeldAt } from "./lock.ts";

/** How a list is divided. */
export interface Division {
  readonly count: number;
  readonly by: ShardBy;
}

/** A shard of a list. */
export interface ShardOfList extends ListShard {
  readonly by: ShardBy;
}

/** The file's name in `STATE_FOLDER`. It stays when runs end. */
const SHARDS = "shards";

/** Maximum length of the file, in bytes; a longer one is no run's. */
const MAX_BYTES = 4096;

function pathIn(folder: string): string {
  return join(folder, STATE_FOLDER, SHARDS);
}

/** The division of a folder; undefined where no shard has been run there. Throws a FolderError for a file that no run wrote. */
export function divisionOf(folder: string): Division | undefined {
  const path = pathIn(folder);
  if (!existsSync(folder)) return undefined;
  const stats = statSync(folder).isDirectory() ? statsOf(path) : undefined;
  if (stats === undefined) return undefined;
  const division = stats.isFile() && stats.size <= MAX_BYTES ? parseDivision(readFileSync(path, "utf8")) : undefined;
  if (division !== undefined) return division;
  throw new FolderError("usage", `${path}: is not what a run has written: remove it if no run is on, and start again`);
}

/** Writes the division into a folder whose state folder exists, and which no run uses. Throws errno errors. */
export function writeDivision(folder: string, division: Division): void {
  writeFileSync(pathIn(folder), divisionText(division), { flag: "wx" });
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // The state folder is a file or a link to itself, and is refused later.
    if (["ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** One line of JSON: the content of the file. */
export function divisionText({ count, by }: Division): string {
  return `${JSON.stringify({ shards: count, by })}\n`;
}

/** Reads the text of `divisionText`; undefined for any other. */
export function parseDivision(text: string): Division | undefined {
  try {
    const { shards: count, by } = Object(JSON.parse(text)) as { readonly shards?: unknown; readonly by?: unknown };
    if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > MAX_SHARDS) return undefined;
    return by === "line" || by === "host" ? { count, by } : undefined;
  } catch {
    return undefined;
  }
}

/** Throws a FolderError where the runs of a folder are of another division, or of the whole list. Changes nothing. */
export function refuseOtherDivision(folder: string, shard: ShardOfList | undefined): void {
  const division = divisionOf(folder);
  if (division !== undefined) return refuseUnlessSame(folder, division, shard);
  if (shard === undefined) return;
  refuseWholeRun(folder);
  const other = otherCount(folder, shard.count);
  if (other !== undefined) refuseUnlessSame(folder, { count: other, by: shard.by }, shard);
}

/**
 * Writes the division of the first shard into a folder whose state folder exists; of several first ones, one writes it. Throws a
 * FolderError where the folder has another division, or a run of the whole list, which may be under way.
 */
export function claimDivision(folder: string, shard: ShardOfList): void {
  refuseOtherDivision(folder, shard);
  if (divisionOf(folder) !== undefined) return;
  const path = pathIn(folder);
  const own = `${path}.${randomBytes(8).toString("hex")}`;
  const text = divisionText(shard);
  let isMine = false;
  try {
    writeFileSync(own, text, { flag: "wx" });
    isMine = createAt(own, path, text);
    // A run of the whole list looks for the file after it has locked the folder: one of both finds the other.
    if (isMine && isHeldAt(join(folder, LAYOUT.state, STATE_LAYOUT.lock), statSync(own).mtimeMs))
      throw wholeRun(folder, "is under way there");
    refuseOtherDivision(folder, shard);
  } catch (error) {
    if (isMine) unlinkSync(path);
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function refuseUnlessSame(folder: string, { count, by }: Division, shard: ShardOfList | undefined): void {
  if (shard?.count === count && shard.by === by) return;
  const anew = `to divide the list anew, move the files ${journalNames(count)} away and remove ${pathIn(folder)}`;
  throw new FolderError(
    "usage",
    (words) =>
      `${folder}: its runs are of ${count} shards by ${by}: ${rightShard({ count, by }, shard)(words)}, or ${useAnotherFolder(words)}; ${anew}`,
  );
}

/** The options of a shard of this division, for a message to a run of `shard`: "--shard 3/16 --shard-by host". */
export function rightShard({ count, by }: Division, shard: ShardOfList | undefined): (words: Wording) => string {
  const index = shard !== undefined && shard.index <= count ? shard.index : "i";
  const isByLine = by === "line" && shard?.by !== "host";
  return ({ option }) => `${option("shard")} ${index}/${count}${isByLine ? "" : ` ${option("shardBy")} ${by}`}`;
}

/** The names of the journals of a division, for messages: "results.*-of-16.jsonl". */
export function journalNames(count: number): string {
  return layoutOf({ index: 1, count }).journal.replace(".1-", ".*-");
}

function refuseWholeRun(folder: string): void {
  const journal = statsOf(join(folder, LAYOUT.journal));
  if (journal !== undefined && journal.size > 0) throw wholeRun(folder, `is in it (${LAYOUT.journal})`);
}

function wholeRun(folder: string, is: string): FolderError {
  const why = `${folder}: a run of the whole list ${is}`;
  return new FolderError("usage", (words) => `${why}: without ${words.option("shard")}, or ${useAnotherFolder(words)}`);
}

/** The number of shards of another division, whose journals are in the folder. */
function otherCount(folder: string, count: number): number | undefined {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return undefined;
  for (const other of journalCounts(folder)) if (other !== count) return other;
  return undefined;
}

/** The numbers of shards that the journals in a folder are of, by their names: each once. Reads all names. Throws errno errors. */
export function* journalCounts(folder: string): Generator<number> {
  const found = new Set<number>();
  const names = opendirSync(folder);
  try {
    for (let entry = names.readSync(); entry !== null; entry = names.readSync()) {
      const shard = shardOfJournal(entry.name);
      if (shard === undefined || shard === "whole" || found.has(shard.count)) continue;
      found.add(shard.count);
      yield shard.count;
    }
  } finally {
    names.closeSync();
  }
}
