// What stands behind a URL in its line: a name, and key=value of the keys n, name and sha256, in any column.

import { DIGEST_LENGTH } from "../../core/job.ts";

export interface Columns {
  /** What `name=` says, else the second column, if that is no key=value of another key. */
  readonly name?: string;
  /** Digits: the line's number. */
  readonly n?: string;
  /** As it is given, in lower case and without blanks; whatever its length, but no longer than it takes to be wrong. */
  readonly sha256?: string;
  readonly unknown?: readonly Unknown[];
}

/** A key=value that means nothing here. */
export interface Unknown {
  readonly key: string;
  readonly text: string;
  /** It stands where a name does, and is taken for one. */
  readonly isName: boolean;
}

/** The columns of a line from this place on. The first of several with one key counts, and so much of each column as it takes. */
export function columnsOf(line: string, from: number): Columns {
  const found: { -readonly [K in keyof Columns]: Columns[K] } = {};
  let [name, second] = ["", ""];
  let unknown: Unknown[] | undefined;
  for (let at = from; at <= line.length; ) {
    const tab = line.indexOf("\t", at);
    const end = tab === -1 ? line.length : tab;
    const column = line.slice(at, end).trim();
    const isSecond = at === from;
    at = end + 1;
    const key = column.includes("=") ? keyIn(column) : undefined;
    const value = key === undefined ? "" : column.slice(column.indexOf("=") + 1).trimStart();
    if (key === "sha256") found.sha256 ??= digestIn(value);
    else if (key === "name") name ||= value;
    else if (key === "n" && /^[0-9]{1,15}$/.test(value)) found.n ??= value;
    else {
      if (isSecond) second = column;
      if (key !== undefined) {
        unknown ??= [];
        unknown.push({ key, text: column, isName: isSecond });
      }
    }
  }
  if (name !== "" || second !== "") found.name = name || second;
  if (unknown !== undefined) found.unknown = unknown;
  return found;
}

/** What stands before the first `=`, in lower case, if that is a word. */
function keyIn(column: string): string | undefined {
  return /^([a-z][a-z0-9_-]{0,31})\s*=/i.exec(column)?.[1]?.toLowerCase();
}

function digestIn(value: string): string {
  return value
    .replace(/\s+/g, "")
    .toLowerCase()
    .slice(0, DIGEST_LENGTH + 1);
}
