// A failed.txt that is there when a run goes on: what of it is somebody's own, and stays, whatever becomes of the failures.

import { knownAs } from "../core/redact.ts";
import { eachFailure } from "../journal/failed-records.ts";
import type { History } from "../journal/history.ts";
import { newKey, textHash } from "../journal/keyed-hash.ts";
import type { FailedFile } from "../report/failed-list.ts";
import { failedLines } from "../report/parse-failed-list.ts";

export interface KeptFailedLines {
  /** It is no run's, but a list of somebody's own with a number on each line: it stays as it is. */
  readonly isOwnList: boolean;
  /** Hands on what is somebody's own, and returns the numbers that such lines have. */
  keep(list: FailedFile): ReadonlySet<number>;
}

/** So many lines are looked up in the journal; what is more, and in no record, is taken for somebody's own. */
const MAX_LOOKED_UP = 10_000;

/**
 * Reads the list of failures at `path` with what a journal says of its lines. A run has written a line if that has failed
 * before; and of a list that is fed back, which may also be one that a run has just gone through, before it was last written.
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
        // What had no record, and has one now, is listed by that, or done.
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
