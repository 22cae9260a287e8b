// Finds the file saved for a URL, by earlier runs or this one: a growing hash index over the line table.

import type { DuplicateSource, Outcome } from "../core/job.ts";
import { isDuplicateSource } from "../core/scheduler/dedupe.ts";
import { redacted } from "../core/url/redact.ts";
import { HIDDEN } from "../core/url/userinfo.ts";
import { urlHash } from "./reading/parse-record.ts";
import { type LineTable, STATE_SAVED } from "./tables/line-table.ts";

export interface SavedUrlIndex {
  /** Adds a saved line and its URL's hash. */
  add(n: number, hash: number): void;
  /** The record of a saved line with exactly this URL. */
  find(url: string): DuplicateSource | undefined;
}

/** Load factor at which the index grows, and the growth factor: 5 to 7.5 bytes per line, plus 8 in the line table. */
const MAX_LOAD = 0.8;
const GROWTH = 1.5;

/** Maximum number of lines indexed per hash: nearly always they have the same URL, and any of its files is suitable. */
const MAX_LINES_PER_HASH = 4;

/**
 * Open addressing by a 30-bit hash. Different URLs may have equal hashes, so the record of each line found is read and
 * compared. `record` returns the last record of a number.
 */
export function savedUrlIndex(lines: LineTable, record: (n: number) => Outcome | undefined): SavedUrlIndex {
  /** Line index plus 1; 0: empty cell. */
  let cells = new Uint32Array(1024);
  let used = 0;

  const cellAfter = (cell: number) => (cell + 1 === cells.length ? 0 : cell + 1);
  const isOf = (index: number, hash: number) => lines.hashAt(index) === hash && lines.stateAt(index) === STATE_SAVED;
  /** False if the line, or MAX_LINES_PER_HASH others of its hash, are already in the index. */
  const put = (index: number, hash: number): boolean => {
    let others = 0;
    let cell = hash % cells.length;
    for (let other = cells[cell] ?? 0; other !== 0; other = cells[cell] ?? 0) {
      if (other === index + 1 || (isOf(other - 1, hash) && ++others === MAX_LINES_PER_HASH)) return false;
      cell = cellAfter(cell);
    }
    cells[cell] = index + 1;
    return true;
  };
  const add = (index: number, hash: number) => {
    if (!put(index, hash) || ++used <= cells.length * MAX_LOAD) return;
    const before = cells;
    cells = new Uint32Array(Math.ceil(before.length * GROWTH));
    for (const cell of before) if (cell !== 0) put(cell - 1, lines.hashAt(cell - 1));
  };
  lines.each((index) => {
    if (lines.stateAt(index) === STATE_SAVED) add(index, lines.hashAt(index));
  });

  return {
    add: (n, hash) => add(lines.indexOf(n), hash),
    find(url) {
      // Records omit passwords, so URLs that differ only in the password cannot be told apart.
      if (redacted(url) !== url || url.includes(HIDDEN)) return undefined;
      const hash = urlHash(url);
      for (let cell = hash % cells.length; ; cell = cellAfter(cell)) {
        const index = (cells[cell] ?? 0) - 1;
        if (index < 0) return undefined;
        if (!isOf(index, hash)) continue;
        const found = record(lines.numberAt(index));
        if (found?.url === url && isDuplicateSource(found)) return found;
      }
    },
  };
}
