// Refuses a line whose file name an earlier line of the list has, by a table of hashed names.

import { isFailure } from "../../core/failure.ts";
import type { Refuse } from "../../core/job.ts";
import { isNameOf } from "../../core/scheduler/name-queue.ts";
import { parseUrl } from "../../core/url/parse-url.ts";
import { newKey, textHash } from "../../journal/tables/keyed-hash.ts";
import type { FileNames } from "../../sink/names/file-names.ts";

/** Maximum number of names in the table (600 MB). Conflicts of later names are found in the folder when a file is saved. */
const MAX_NAMES = 33_554_432;

/** Refuses a line whose name an earlier line has. Names that the template makes unique are not stored. */
export function refuseNames(naming: FileNames, most = MAX_NAMES): Refuse {
  let taken: NameTable | undefined;
  return (job) => {
    const file = naming.before(job)?.file;
    // A line without a valid URL fails, and takes no name.
    if (file === undefined || isFailure(parseUrl(job.url))) return undefined;
    taken ??= nameTable(most);
    const other = taken.take(file, job.n);
    return other === undefined ? undefined : isNameOf({ n: other, file });
  };
}

export interface NameTable {
  /** Reserves a name for a line. Returns the number of the line that has it already; 0 for a number of 2^32 or more. */
  take(name: string, n: number): number | undefined;
}

/** Load factor at which the table grows, and its growth factor: 14 to 18 bytes per name, twice that while it grows. */
const MAX_LOAD_FACTOR = 0.85;
const GROWTH_FACTOR = 1.25;

/**
 * A hash table with open addressing and linear probing. A cell holds 64 bits of keyed hash and the line number. The probability
 * of a false match among a million names is 3e-8.
 */
export function nameTable(most: number): NameTable {
  const keys = [newKey(), newKey()] as const;
  /** Three words per cell: two of hash and the line number. The second is 0 in an empty cell. */
  let cells = new Uint32Array(3 * 1024);
  let size = 0;

  const cellOf = (one: number, other: number): number => {
    const count = cells.length / 3;
    for (let cell = Math.floor((one / 2 ** 32) * count); ; cell = cell + 1 === count ? 0 : cell + 1) {
      const second = cells[3 * cell + 1];
      if (second === 0 || (second === other && cells[3 * cell] === one)) return 3 * cell;
    }
  };
  const put = (at: number, one: number, other: number, n: number) => {
    cells[at] = one;
    cells[at + 1] = other;
    cells[at + 2] = n;
  };
  const grow = () => {
    const before = cells;
    cells = new Uint32Array(3 * Math.ceil((before.length / 3) * GROWTH_FACTOR));
    for (let at = 0; at < before.length; at += 3) {
      const [one = 0, other = 0, n = 0] = before.subarray(at, at + 3);
      if (other !== 0) put(cellOf(one, other), one, other, n);
    }
  };

  return {
    take(name, n) {
      const one = textHash(name, keys[0]);
      const other = textHash(name, keys[1]) || 1;
      const at = cellOf(one, other);
      if (cells[at + 1] !== 0) return cells[at + 2];
      if (size >= most) return undefined;
      put(at, one, other, n < 2 ** 32 ? n : 0);
      if (++size > (cells.length / 3) * MAX_LOAD_FACTOR) grow();
      return undefined;
    },
  };
}
