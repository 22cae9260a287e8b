// Finds what was saved for a URL, this run's lines included: an index that grows, over a history's slots.

import type { Outcome, SavedFile } from "../core/job.ts";
import { redacted } from "../core/redact.ts";
import { isDuplicateSource } from "../core/scheduler/dedupe.ts";
import { HIDDEN } from "../core/userinfo.ts";
import { type LineTable, STATE_SAVED } from "./line-table.ts";
import { urlHash } from "./parse-record.ts";

export interface SavedUrlIndex {
  /** This line was saved, and its URL has this hash. */
  add(n: number, hash: number): void;
  /** The record of a line with this very URL. */
  twin(url: string): SavedFile | undefined;
}

/** Cells in use of all, and by how much it grows: 5 to 7.5 bytes a line, besides the 8 of its slot. */
const FULL = 0.8;
const GROWTH = 1.5;

/** So many lines of one hash are remembered: nearly always they have one URL, and any of its files will do. */
const MOST_OF_ONE = 4;

/**
 * Open addressing by 30 bits of hash. Different URLs may have one hash: what counts is the record, which is read for every
 * line that is found. `record` returns the last one under a number.
 */
export function savedUrlIndex(slots: LineTable, record: (n: number) => Outcome | undefined): SavedUrlIndex {
  /** An index into the slots plus 1; 0 where there is none. */
  let cells = new Uint32Array(1024);
  let used = 0;

  const cellAfter = (cell: number) => (cell + 1 === cells.length ? 0 : cell + 1);
  const isOf = (index: number, hash: number) => slots.hashAt(index) === hash && slots.stateAt(index) === STATE_SAVED;
  /** False where it is there already, or enough others are. */
  const put = (index: number, hash: number): boolean => {
    let others = 0;
    let cell = hash % cells.length;
    for (let other = cells[cell] ?? 0; other !== 0; other = cells[cell] ?? 0) {
      if (other === index + 1 || (isOf(other - 1, hash) && ++others === MOST_OF_ONE)) return false;
      cell = cellAfter(cell);
    }
    cells[cell] = index + 1;
    return true;
  };
  const add = (index: number, hash: number) => {
    if (!put(index, hash) || ++used <= cells.length * FULL) return;
    const before = cells;
    cells = new Uint32Array(Math.ceil(before.length * GROWTH));
    for (const one of before) if (one !== 0) put(one - 1, slots.hashAt(one - 1));
  };
  slots.each((index) => {
    if (slots.stateAt(index) === STATE_SAVED) add(index, slots.hashAt(index));
  });

  return {
    add: (n, hash) => add(slots.indexOf(n), hash),
    twin(url) {
      // A record has no password: of two URLs that differ in nothing else, it does not say which one it is.
      if (redacted(url) !== url || url.includes(HIDDEN)) return undefined;
      const hash = urlHash(url);
      for (let cell = hash % cells.length; ; cell = cellAfter(cell)) {
        const index = (cells[cell] ?? 0) - 1;
        if (index < 0) return undefined;
        if (!isOf(index, hash)) continue;
        const found = record(slots.numberAt(index));
        if (found?.url === url && isDuplicateSource(found)) return found;
      }
    },
  };
}
