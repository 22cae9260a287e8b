// The parts of a URL that go into a file name: host, folders, last path segment; decoded where that is safe, and shortened.

import { pathExtension } from "./extension.ts";

/** Maximum length of one part, in bytes. */
export type Limit = number;

export function hostOf({ host }: URL, limit: Limit): string {
  return cut(host.replace(/[[\]]/g, "").replaceAll(":", "_"), limit);
}

/** The path without its last segment, with `/` between the folders; "" if there are none. */
export function foldersOf({ pathname }: URL, limit: Limit): string {
  const folders = pathname.split("/").slice(1, -1);
  return folders.map((folder) => cut(decoded(folder), limit)).join("/");
}

/** The last path segment with its extension, as basename(1) returns it; "index" if it is empty. */
export function basenameOf({ pathname }: URL, limit: Limit): string {
  const last = decoded(lastOf(pathname));
  const extension = pathExtension(pathname) || (/.(\.[a-z0-9]{1,15})$/i.exec(last.slice(-17))?.[1] ?? "");
  const stem = last.slice(0, last.length - extension.length);
  return `${cut(stem, limit - extension.length)}${last.slice(stem.length)}` || "index";
}

/** The last path segment without a known extension; "index" if it is empty. */
export function stemOf({ pathname }: URL, limit: Limit): string {
  const last = lastOf(pathname);
  return cut(decoded(last.slice(0, last.length - pathExtension(pathname).length)), limit) || "index";
}

function lastOf(pathname: string): string {
  return pathname.slice(pathname.lastIndexOf("/") + 1);
}

/**
 * Characters that stay percent-encoded: separators, special to a file system or a shell, invisible, or U+FFFD for
 * invalid UTF-8.
 */
const UNSAFE = /[%/\\:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffd]/u;

/** Decodes percent-encoded UTF-8 in a path segment, where the characters are safe. */
function decoded(part: string): string {
  return part.includes("%") ? part.replace(/(?:%[0-9a-fA-F]{2})+/g, decodedRun) : part;
}

function decodedRun(run: string): string {
  const bytes = Buffer.from(run.replaceAll("%", ""), "hex");
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOf(bytes[at] ?? 0);
    const character = bytes.toString("utf8", at, at + length);
    const isSafe = !UNSAFE.test(character);
    text += isSafe ? character : run.slice(3 * at, 3 * (at + 1));
    at += isSafe ? length : 1;
  }
  return text;
}

/** The length of a UTF-8 sequence by its first byte. */
function lengthOf(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** What is not cut in two: a percent-escape, a character with its combining marks, or marks without a character. */
const UNIT = /%[0-9a-fA-F]{2}|\P{M}(?:\p{M}|\p{Emoji_Modifier})*|\p{M}/gu;

/** The longest beginning of a text of at most `maxBytes` bytes in UTF-8 that cuts no character or escape in two. */
export function cut(text: string, maxBytes: number): string {
  if (3 * text.length <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  for (const [unit] of text.matchAll(UNIT)) {
    bytes += Buffer.byteLength(unit);
    if (bytes > maxBytes) break;
    end += unit.length;
  }
  return text.slice(0, end);
}
