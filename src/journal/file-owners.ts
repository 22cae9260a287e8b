// Decides which line owns a file that several records name: after a kill while files were moved, or an edited journal.

import { parseRecord } from "./reading/parse-record.ts";
import { eachLine } from "./reading/read-lines.ts";
import { fingerprintSet } from "./tables/fingerprint-set.ts";

/** Whether another line owns the file that line `n`'s record names. */
export type IsOwnedByOther = (n: number, file: string) => boolean;

/** The line that owns a shared file, of the records read so far. The highest `priority` wins; among equals, the last. */
interface Owner {
  n: number;
  priority: number;
}

/** Maximum number of shared names, and of their characters. Beyond them a line owns only the file named by its own number. */
const MAX_SHARED = 100_000;
const MAX_SHARED_CHARS = 8_388_608;

/**
 * A line that saved the file owns it before one that failed; then the line whose number is the file's name; then the one
 * recorded last. Reads the journal at the first call that the file's number cannot answer. Only records for which `isLast` is
 * true count.
 */
export function fileOwners(fd: number, isLast: (n: number, offset: number, bytes: number) => boolean): IsOwnedByOther {
  let shared: ReadonlyMap<string, Owner> | undefined;
  let isComplete = true;

  const eachFile = (onFile: (file: string, n: number, outcome: string) => void) => {
    const onLine = (line: Buffer, start: number, end: number, offset: number) => {
      const entry = parseRecord(line, start, end);
      if (entry?.file !== undefined && isLast(entry.n, offset, end - start)) onFile(entry.file, entry.n, entry.outcome);
    };
    const { bytes, offset } = eachLine(fd, onLine);
    onLine(bytes, 0, bytes.length, offset);
  };
  const findShared = () => {
    const files = fingerprintSet();
    const found = new Map<string, Owner>();
    let chars = 0;
    eachFile((file) => {
      if (files.add(file) || found.has(file)) return;
      if (found.size >= MAX_SHARED || chars >= MAX_SHARED_CHARS) isComplete = false;
      else found.set(file, { n: -1, priority: 0 });
      chars += file.length;
    });
    if (found.size === 0) return found;
    eachFile((file, n, outcome) => {
      const owner = found.get(file);
      const priority = (outcome === "failed" ? 0 : 2) + (isOfNumber(file, n) ? 1 : 0);
      if (owner === undefined || priority < owner.priority) return;
      owner.n = n;
      owner.priority = priority;
    });
    return found;
  };

  return (n, file) => {
    if (isOfNumber(file, n)) return false;
    shared ??= findShared();
    const owner = shared.get(file);
    return owner === undefined ? !isComplete : owner.n !== n;
  };
}

/** Whether a file is named by this line number: "000042.html", also in a numbered folder. */
export function isOfNumber(file: string, n: number): boolean {
  const digits = /^(?:[0-9]{1,15}\/)?([0-9]{1,15})(?:\.|$)/.exec(file)?.[1];
  return digits !== undefined && Number(digits) === n;
}
