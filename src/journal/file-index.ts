// Finds the line that has a file: an index over a history's records, made when a name is first found to be taken.

import { isOfNumber } from "./file-owners.ts";
import { parseRecord, urlHash } from "./parse-record.ts";
import { eachLine } from "./read-lines.ts";

/** The numbers of lines that may have this file; whether they do, their records say. */
export type FileIndex = (file: string) => readonly number[];

/** So many lines of one file are listed: of several, but one has it. */
const MOST_OF_ONE = 16;

/** More files than these are not listed: then a name that is taken stays so. */
const MAX_FILES = 4_000_000;

/**
 * Reads the journal `fd` for it, once. A file that has its line's number as its name costs nothing, any other 13 to 22
 * bytes. `isWanted` says which records count.
 */
export function fileIndex(fd: number, isWanted: (n: number, offset: number, bytes: number) => boolean): FileIndex {
  let capacity = 1024;
  /** A number plus 1; 0 where there is none. */
  let cells = new Float64Array(capacity);
  let hashes = new Uint32Array(capacity);
  let size = 0;

  const put = (n: number, hash: number): boolean => {
    let others = 0;
    let cell = hash % capacity;
    for (; cells[cell] !== 0; cell = (cell + 1) % capacity) {
      if (hashes[cell] === hash && ++others === MOST_OF_ONE) return false;
    }
    cells[cell] = n + 1;
    hashes[cell] = hash;
    return true;
  };
  const add = (n: number, hash: number) => {
    if (size >= MAX_FILES || !put(n, hash) || ++size < capacity * 0.8) return;
    const [before, theirs] = [cells, hashes];
    capacity = Math.ceil(capacity * 1.5);
    cells = new Float64Array(capacity);
    hashes = new Uint32Array(capacity);
    for (const [i, one] of before.entries()) if (one !== 0) put(one - 1, theirs[i] ?? 0);
  };
  const onLine = (line: Buffer, start: number, end: number, offset: number) => {
    const entry = parseRecord(line, start, end);
    if (entry?.file === undefined || isOfNumber(entry.file, entry.n)) return;
    if (isWanted(entry.n, offset, end - start)) add(entry.n, urlHash(entry.file));
  };
  const { bytes, offset } = eachLine(fd, onLine);
  onLine(bytes, 0, bytes.length, offset);

  return (file) => {
    const found: number[] = [];
    const hash = urlHash(file);
    for (let cell = hash % capacity; cells[cell] !== 0; cell = (cell + 1) % capacity) {
      if (hashes[cell] === hash) found.push((cells[cell] ?? 0) - 1);
    }
    return found;
  };
}
