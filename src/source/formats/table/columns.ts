// Parses the columns after a URL: a name, and key=value of the keys n, name and the digests.

import { type DigestName, isDigestName, normalizedDigest } from "../../../core/digest.ts";

export interface Columns {
  /** The value of `name=`, else the second column unless it is a key=value of a known key. */
  readonly name?: string;
  /** The line's number, in digits. */
  readonly n?: string;
  /** In lower case and without blanks; of any length, cut to one character more than the longest digest. */
  readonly digests?: { readonly [Name in DigestName]?: string };
  readonly unknown?: readonly UnknownColumn[];
}

/** A key=value with an unknown key. */
export interface UnknownColumn {
  readonly key: string;
  readonly text: string;
  /** It is in the second column, and so is used as the name. */
  readonly isName: boolean;
}

/** Parses the columns of a line from index `from` on. The first of several values of a key counts. */
export function columnsOf(line: string, from: number): Columns {
  const found: { -readonly [K in keyof Columns]: Columns[K] } = {};
  let [name, second] = ["", ""];
  let unknown: UnknownColumn[] | undefined;
  for (let at = from; at <= line.length; ) {
    const tab = line.indexOf("\t", at);
    const end = tab === -1 ? line.length : tab;
    const column = line.slice(at, end).trim();
    const isSecond = at === from;
    at = end + 1;
    const key = column.includes("=") ? keyIn(column) : undefined;
    const value = key === undefined ? "" : column.slice(column.indexOf("=") + 1).trimStart();
    if (key !== undefined && isDigestName(key))
      found.digests = { [key]: normalizedDigest(key, value), ...found.digests };
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

/** Returns the text before the first `=` in lower case, if it is a word. */
function keyIn(column: string): string | undefined {
  return /^([a-z][a-z0-9_-]{0,31})\s*=/i.exec(column)?.[1]?.toLowerCase();
}
