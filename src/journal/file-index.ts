// Finds the line that owns a file: an index over the journal's records, built when a file name is first found in use.

import { isOfNumber } from "./file-owners.ts";
import { parseRecord, urlHash } from "./reading/parse-record.ts";
import { eachLine } from "./reading/read-lines.ts";

/** The numbers of lines whose record may name this file; the caller checks the records. */
export type FileIndex = (file: string) => readonly number[];

/** Maximum number of lines listed for one file. Only one of several lines owns it. */
const MAX_LINES_PER_FILE = 16;

/** Maximum number of files listed. The name of a file that is not listed cannot be freed. */
const MAX_FILES = 4_000_000;

/**
 * Reads the journal `fd` once, and indexes the records for which `isWanted` is true. Uses 13 to 22 bytes per file; none for a
 * file named by its line's number.
 */
export function fileIndex(fd: number, isWanted: (n: number, offset: number, bytes: number) => boolean): FileIndex {
  let capacity = 1024;
  /** Line number plus 1; 0: empty cell. */
  let cells = new Float64Array(capacity);
  let hashes = new Uint32Array(capacity);
  let size = 0;

  const put = (n: number, hash: number): boolean => {
    let sameHash = 0;
    let cell = hash % capacity;
    for (; cells[cell] !== 0; cell = (cell + 1) % capacity) {
      if (hashes[cell] === hash && ++sameHash === MAX_LINES_PER_FILE) return false;
    }
    cells[cell] = n + 1;
    hashes[cell] = hash;
    return true;
  };
  const add = (n: number, hash: number) => {
    if (size >= MAX_FILES || !put(n, hash) || ++size < capacity * 0.8) return;
    const [oldCells, oldHashes] = [cells, hashes];
    capacity = Math.ceil(capacity * 1.5);
    cells = new Float64Array(capacity);
    hashes = new Uint32Array(capacity);
    for (const [i, cell] of oldCells.entries()) if (cell !== 0) put(cell - 1, oldHashes[i] ?? 0);
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
