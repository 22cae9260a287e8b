// Whose a file is that several records name: the journal was tampered with, or its run killed while it moved files.

import { fingerprintSet } from "./fingerprint-set.ts";
import { parseRecord } from "./parse-record.ts";
import { eachLine } from "./read-lines.ts";

/** Whether another line has a better right to a file that this line's record names. */
export type IsOthers = (n: number, file: string) => boolean;

/** Which line has a shared file, as far as the journal was read; and what its right is. */
interface Owner {
  n: number;
  right: number;
}

/** More shared names than these, or characters of them, are not listed: then no name counts but the line's own number. */
const MAX_SHARED = 100_000;
const MAX_SHARED_CHARS = 8_388_608;

/**
 * Of several lines, those that saved the file have it rather than those that failed; of these, the one whose number it has
 * as its name, or the one that was recorded last. The journal is read for it at the first question that a number does not
 * answer. `isLast` says which records count.
 */
export function fileOwners(fd: number, isLast: (n: number, offset: number, bytes: number) => boolean): IsOthers {
  let shared: ReadonlyMap<string, Owner> | undefined;
  let isComplete = true;

  const each = (take: (file: string, n: number, outcome: string) => void) => {
    const onLine = (line: Buffer, start: number, end: number, offset: number) => {
      const entry = parseRecord(line, start, end);
      if (entry?.file !== undefined && isLast(entry.n, offset, end - start)) take(entry.file, entry.n, entry.outcome);
    };
    const { bytes, offset } = eachLine(fd, onLine);
    onLine(bytes, 0, bytes.length, offset);
  };
  const read = () => {
    const files = fingerprintSet();
    const found = new Map<string, Owner>();
    let chars = 0;
    each((file) => {
      if (files.add(file) || found.has(file)) return;
      if (found.size >= MAX_SHARED || chars >= MAX_SHARED_CHARS) isComplete = false;
      else found.set(file, { n: -1, right: 0 });
      chars += file.length;
    });
    if (found.size === 0) return found;
    each((file, n, outcome) => {
      const owner = found.get(file);
      const right = (outcome === "failed" ? 0 : 2) + (isOfNumber(file, n) ? 1 : 0);
      if (owner === undefined || right < owner.right) return;
      owner.n = n;
      owner.right = right;
    });
    return found;
  };

  return (n, file) => {
    if (isOfNumber(file, n)) return false;
    shared ??= read();
    const owner = shared.get(file);
    return owner === undefined ? !isComplete : owner.n !== n;
  };
}

/** Whether a file's name is a line's number: "000042.html", also in a numbered folder. */
export function isOfNumber(file: string, n: number): boolean {
  const digits = /^(?:[0-9]{1,15}\/)?([0-9]{1,15})(?:\.|$)/.exec(file)?.[1];
  return digits !== undefined && Number(digits) === n;
}
