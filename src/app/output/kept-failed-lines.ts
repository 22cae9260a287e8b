// Finds the lines of an existing failed.txt that the user added, and keeps them when the file is written anew.

import { knownAs } from "../../core/url/redact.ts";
import { eachFailure } from "../../journal/failed-records.ts";
import type { History } from "../../journal/history.ts";
import { newKey, textHash } from "../../journal/tables/keyed-hash.ts";
import type { FailedFile } from "../../report/failed-list.ts";
import { failedLines } from "../../report/parse-failed-list.ts";

export interface KeptFailedLines {
  /** The file is the user's own list with a number on each line, and stays unchanged. */
  readonly isOwnList: boolean;
  /** Adds the user's own lines to `list`, and returns their numbers. */
  keep(list: FailedFile): ReadonlySet<number>;
}

/** Maximum number of lines looked up in the journal. Later lines without a record count as the user's own. */
const MAX_LOOKED_UP = 10_000;

/**
 * Reads the list of failures at `path` and looks its lines up in the journal. A run wrote a line if its URL failed before; if the
 * list is this run's input, the failure must also be older than the file, since an earlier run may have read the user's own list.
 */
export function keptFailedLines(
  path: string,
  journalPath: string,
  history: History,
  { isList, writtenMs }: { readonly isList: boolean; readonly writtenMs: number },
): KeptFailedLines {
  const failedMs = new Map<string, number>();
  const unsure: { readonly line: number; readonly key: string; readonly isSaved: boolean }[] = [];
  const own = new Set<number>();
  for (const { kind, line, n, url } of failedLines(path)) {
    if (kind === "comment") own.add(line);
    if (n === undefined || url === undefined) continue;
    const state = history.state(n, url);
    const isSaved = state === "saved";
    const key = keyOf(n, url);
    const isFailure = state !== undefined && state !== "other" && !isSaved;
    if ((isList || !isFailure) && failedMs.size < MAX_LOOKED_UP) failedMs.set(key, Number.POSITIVE_INFINITY);
    if (isFailure) continue;
    if (failedMs.has(key)) unsure.push({ line, key, isSaved });
    else own.add(line);
  }
  if (failedMs.size > 0) {
    eachFailure(journalPath, ({ n, url, time }) => {
      const key = keyOf(n, url);
      const before = failedMs.get(key);
      if (before !== undefined) failedMs.set(key, Math.min(before, Date.parse(time)));
    });
  }
  const hasFailed = (key: string) => (failedMs.get(key) ?? Number.POSITIVE_INFINITY) < Number.POSITIVE_INFINITY;
  const isOwnList =
    isList &&
    (unsure.some(({ key, isSaved }) => isSaved && !hasFailed(key)) ||
      [...failedMs.values()].some((ms) => ms < Number.POSITIVE_INFINITY && ms > writtenMs));
  for (const { line, key } of unsure) if (!hasFailed(key)) own.add(line);

  return {
    isOwnList,
    keep(list) {
      const numbers = new Set<number>();
      for (const { line, text, n, url } of failedLines(path)) {
        if (!own.has(line)) continue;
        // A line that got a record during this run is finished, or listed by that record.
        const state = n === undefined || url === undefined ? undefined : history.state(n, url);
        if (state !== undefined && state !== "other") continue;
        list.keep(text);
        if (n !== undefined) numbers.add(n);
      }
      return numbers;
    },
  };
}

/** 64 bits of keyed hash: URLs may be long. */
const KEYS = [newKey(), newKey()] as const;

function keyOf(n: number, url: string): string {
  const shown = knownAs(url);
  return `${n} ${textHash(shown, KEYS[0])} ${textHash(shown, KEYS[1])}`;
}
