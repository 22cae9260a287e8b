// Whose a file is that several records name: the journal was tampered with, or its run killed while it moved files.

import { type Entry, entryOf } from "./entry.ts";
import { eachLine } from "./scan.ts";

/** Whether another line has a better right to a file that this line's record names. */
export type IsOthers = (n: number, file: string) => boolean;

/** More shared names than these are not listed: then no name counts but that of the line's own number. */
const MAX_SHARED = 100_000;

/**
 * Of several lines, those that saved the file have it rather than those that failed; of these, the one whose number it has
 * as its name, or the one that was recorded last. The journal is read for it at the first question
 * that a number does not answer. `lines` is how many may have a file, and `isLast` says which records count.
 */
export function owners(
  fd: number,
  lines: number,
  isLast: (n: number, offset: number, bytes: number) => boolean,
): IsOthers {
  let shared: ReadonlyMap<string, readonly Entry[]> | undefined;

  const each = (take: (entry: Entry, file: string) => void) => {
    const onLine = (line: Buffer, start: number, end: number, offset: number) => {
      const entry = entryOf(line, start, end);
      if (entry?.file !== undefined && isLast(entry.n, offset, end - start)) take(entry, entry.file);
    };
    const { bytes, offset } = eachLine(fd, onLine);
    onLine(bytes, 0, bytes.length, offset);
  };
  const read = () => {
    const isNew = distinct(lines);
    const found = new Map<string, Entry[]>();
    each((_, file) => {
      if (!isNew(file) && found.size < MAX_SHARED) found.set(file, []);
    });
    if (found.size > 0) each((entry, file) => found.get(file)?.push(entry));
    return found;
  };

  return (n, file) => {
    if (isOfNumber(file, n)) return false;
    shared ??= read();
    const named = shared.get(file);
    if (named === undefined) return shared.size >= MAX_SHARED;
    const whole = named.filter(({ outcome }) => outcome !== "failed");
    const best = whole.length > 0 ? whole : named;
    const numbered = best.filter((entry) => isOfNumber(file, entry.n));
    return (numbered.length > 0 ? numbered : best).at(-1)?.n !== n;
  };
}

/** Whether a file's name is a line's number: "000042.html", also in a numbered folder. */
export function isOfNumber(file: string, n: number): boolean {
  const digits = /^(?:[0-9]{1,15}\/)?([0-9]{1,15})(?:\.|$)/.exec(file)?.[1];
  return digits !== undefined && Number(digits) === n;
}

/** Says of a text whether it is the first time, by 64 bits of hash: 12 to 24 bytes a text, up to `most` of them. */
function distinct(most: number): (text: string) => boolean {
  let capacity = 16;
  while (capacity < most * 1.5) capacity *= 2;
  const cells = new Uint32Array(2 * capacity);
  let taken = 0;
  return (text) => {
    const [one, two] = hashes(text);
    for (let cell = one & (capacity - 1); ; cell = (cell + 1) & (capacity - 1)) {
      if (cells[2 * cell] === one && cells[2 * cell + 1] === two) return false;
      if (cells[2 * cell + 1] !== 0) continue;
      if (++taken >= capacity) return false; // more than there were to be: whoever asks gets nothing for it
      cells[2 * cell] = one;
      cells[2 * cell + 1] = two;
      return true;
    }
  };
}

/** Two independent hashes, the second never 0: the steps of MurmurHash3 with two seeds. */
function hashes(text: string): readonly [number, number] {
  let one = 0x811c_9dc5;
  let two = 0x9747_b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    one = Math.imul(one ^ unit, 0x0100_0193);
    two = Math.imul(two ^ unit, 0xcc9e_2d51);
    two = (two << 13) | (two >>> 19);
  }
  return [mixed(one), mixed(two) || 1];
}

function mixed(hash: number): number {
  const one = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  const two = Math.imul(one ^ (one >>> 13), 0xc2b2_ae35);
  return (two ^ (two >>> 16)) >>> 0;
}
