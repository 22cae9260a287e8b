// One header block: where it ends, and what is in it (RFC 9112 sections 4 and 5).

import type { Head } from "./head.ts";
import { readLenientHead } from "./lenient-header-block.ts";

/**
 * A status line and header lines as they should be. A line that goes on in the next is allowed (RFC 9112 section 5.2: a user
 * agent must take it), a bare line feed is (section 2.2).
 */
const HEAD =
  /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\0\r\n]*)?\r?\n((?:[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\x80-\xff]*(?:\r?\n[\t ][\t\x20-\x7e\x80-\xff]*)*\r?\n)*)\r?\n$/;
const FOLD = /\r?\n[\t ]+/g;

/** Reads a whole block, its empty line included; undefined where it is none. Most are as they should be, and are read at once. */
export function readHead(text: string): Head | undefined {
  const [, minor, code, lines = ""] = HEAD.exec(text) ?? [];
  if (minor === undefined) return readLenientHead(text);
  const fields = lines.includes("\n ") || lines.includes("\n\t") ? lines.replace(FOLD, " ") : lines;
  return { minor, status: Number(code), fields };
}

/** Where the header block ends, its empty line included; -1 if it does not. */
export function endOf(text: string): number {
  const usual = text.indexOf("\r\n\r\n");
  const until = usual === -1 ? text.length : usual;
  // Line feeds alone, or mixed.
  for (let at = text.indexOf("\n"); at !== -1 && at < until; at = text.indexOf("\n", at + 1)) {
    if (text[at + 1] === "\n") return at + 2;
    if (text[at + 1] === "\r" && text[at + 2] === "\n") return at + 3;
  }
  return usual === -1 ? -1 : usual + 4;
}

/** The same for bytes from `from` up to `until`. */
export function endIn(bytes: Buffer, from: number, until: number): number {
  const some = bytes.subarray(0, until);
  for (let at = some.indexOf(LF, from); at !== -1; at = some.indexOf(LF, at + 1)) {
    if (some[at + 1] === LF) return at + 2;
    if (some[at + 1] === CR && some[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** Whether it may be the beginning of an answer. */
export function isHttp(text: string): boolean {
  return text.length < HTTP.length ? HTTP.startsWith(text) : text.startsWith(HTTP);
}

/** With what every answer begins. */
export const HTTP = "HTTP/1.";
const LF = 10;
const CR = 13;
