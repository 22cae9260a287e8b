// Of two lines with one name the lower has it: the other is refused while the list is read, in every run and by any of its processes.

import { isFailure } from "../core/failure.ts";
import type { Refuse } from "../core/job.ts";
import { parseUrl } from "../core/parse-url.ts";
import { isNameOf } from "../core/scheduler/name-queue.ts";
import { newKey, textHash } from "../journal/keyed-hash.ts";
import type { FileNames } from "../sink/directory/file-names.ts";

/** More names than this are not remembered: from there on the folder tells which are taken. 600 MB. */
const MAX_NAMES = 33_554_432;

/** Refuses a line whose name an earlier one has. Nothing is remembered of lines whose names are their own by the template. */
export function refuseNames(naming: FileNames, most = MAX_NAMES): Refuse {
  let taken: NameTable | undefined;
  return (job) => {
    const file = naming.before(job)?.file;
    // A line that is no URL fails by itself, and takes no name.
    if (file === undefined || isFailure(parseUrl(job.url))) return undefined;
    taken ??= nameTable(most);
    const other = taken.take(file, job.n);
    return other === undefined ? undefined : isNameOf({ n: other, file });
  };
}

export interface NameTable {
  /** Takes a name for a line. Returns the number of the one that has it, 0 where that is too large to be kept. */
  take(name: string, n: number): number | undefined;
}

/** The share of cells in use at which there are more of them, and by how much: 14 to 18 bytes a name, twice that while it grows. */
const FULL = 0.85;
const GROWTH = 1.25;

/**
 * Keeps no name, but 64 bits of keyed hash and the number of its line: that it takes a name for another is a chance of 3e-8
 * among a million.
 */
export function nameTable(most: number): NameTable {
  const keys = [newKey(), newKey()] as const;
  /** Three words each, of which the second is 0 where there is nothing. */
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
    cells = new Uint32Array(3 * Math.ceil((before.length / 3) * GROWTH));
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
      if (++size > (cells.length / 3) * FULL) grow();
      return undefined;
    },
  };
}
