// Finds out whether a run wrote the list of failures of a folder, and refuses foreign files before anything is changed.

import { lstatSync, type Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { FolderError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { shardOfFailedList } from "../../core/layout.ts";
import { shardText } from "../../core/list-shard.ts";
import { knownAs, redacted } from "../../core/url/redact.ts";
import type { OwnPaths } from "../../fs/own-paths.ts";
import { eachFailure } from "../../journal/failed-records.ts";
import { journalKind } from "../../journal/repair.ts";
import { failedLines } from "../../report/parse-failed-list.ts";
import { sameFile } from "../../sink/folder/output-folder.ts";
import { unnumberedAdvice } from "../../source/unnumbered-lines.ts";

/** `ours`: a run wrote it; `list`: it is the user's own list, and stays unchanged. */
export type FailedListOwner = "none" | "ours" | "list";

/** Who owns the list of failures. Throws a JournalError or a FolderError for a file that neither a run wrote nor this run reads as a list. */
export function failedListOwner(
  { journal: journalPath, failedList: path }: Pick<OwnPaths, "journal" | "failedList">,
  lists: readonly string[],
  force: boolean,
): FailedListOwner {
  const journal = journalKind(journalPath);
  const stats = statsOf(path);
  if (stats === undefined) return "none";
  const isList = lists.some((list) => sameFile(list, path));
  if (!stats.isFile() || journal === "none") {
    if (isList) return "list";
    throw refused(() => `${path}: is ${stats.isFile() ? "there already, but no run is" : kindOf(stats)}`);
  }
  let numbered = 0;
  let other: { readonly line: number; readonly text: string } | undefined;
  for (const { kind, line, text } of failedLines(path)) {
    if (kind === "numbered") numbered++;
    if (kind === "other") other ??= { line, text };
    if (kind === "comment" && force)
      throw refused(({ option }) => `${path}:${line}: is a comment, which ${option("force")} would remove`);
  }
  if (other === undefined) {
    const own = force && !isList ? lineOfNoRun(path, journalPath) : undefined;
    if (own !== undefined)
      throw refused(({ option }) => `${path}:${own}: is of no run here, and ${option("force")} would remove it`);
    return "ours";
  }
  if (isList && numbered === 0) return "list";
  const what = JSON.stringify(redacted(other.text.slice(0, 200)));
  const why = `${path}:${other.line}: has no number, as all of a run's lines have: ${what}`;
  throw new FolderError("usage", (words) => `${why}: ${unnumberedAdvice(words)}`);
}

/** Throws a FolderError for a list of failures of another run in the folder: its lines are that run's. */
export function refuseOthersFailures({ folder, failedList }: OwnPaths, lists: readonly string[]): void {
  for (const list of lists) {
    const shard = shardOfFailedList(basename(list));
    if (shard === undefined || sameFile(list, failedList) || !sameFile(dirname(list), folder)) continue;
    const whoseIn = ({ option }: Wording) =>
      `of shard ${shardText(shard)}: with ${option("shard")} ${shardText(shard)}`;
    throw new FolderError(
      "usage",
      (words) => `${list}: has the failed lines ${whoseIn(words)}, which fetches them again`,
    );
  }
}

/** Maximum number of lines looked up in the journal. Later lines count as a run's by their form alone. */
const MAX_LOOKED_UP = 10_000;

/** The number of the first line that has no failure in the journal: the user added it. */
function lineOfNoRun(path: string, journalPath: string): number | undefined {
  const lines = new Map<string, number>();
  for (const { line, n, url } of failedLines(path)) {
    if (n !== undefined && url !== undefined && lines.size < MAX_LOOKED_UP) lines.set(`${n} ${knownAs(url)}`, line);
  }
  if (lines.size > 0) eachFailure(journalPath, ({ n, url }) => void lines.delete(`${n} ${knownAs(url)}`));
  const [first] = lines.values();
  return first;
}

function refused(whatIn: (words: Wording) => string): FolderError {
  return new FolderError("usage", (words) => `${whatIn(words)}: move it away, or ${useAnotherFolder(words)}`);
}

function kindOf(stats: Stats): string {
  return stats.isSymbolicLink() ? "a link" : stats.isDirectory() ? "a folder" : "no file";
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined; // the folder does not exist
    throw error;
  }
}
