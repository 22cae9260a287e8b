// What of a URL goes into a file's name: its host, its folders, its last part. Decoded where that is safe, cut between characters.

import { pathExtension } from "./extension.ts";

/** The longest that any of them may be, in bytes. */
export type Limit = number;

export function hostOf({ host }: URL, limit: Limit): string {
  return cut(host.replace(/[[\]]/g, "").replaceAll(":", "_"), limit);
}

/** The folders of a URL's path, `/` between them; "" where there are none. */
export function foldersOf({ pathname }: URL, limit: Limit): string {
  const folders = pathname.split("/").slice(1, -1);
  return folders.map((folder) => cut(decoded(folder), limit)).join("/");
}

/** The last part of a URL's path, with its extension, as basename(1) has it; "index" where there is none. */
export function basenameOf({ pathname }: URL, limit: Limit): string {
  const last = decoded(lastOf(pathname));
  const extension = pathExtension(pathname) || (/.(\.[a-z0-9]{1,15})$/i.exec(last.slice(-17))?.[1] ?? "");
  const stem = last.slice(0, last.length - extension.length);
  return `${cut(stem, limit - extension.length)}${last.slice(stem.length)}` || "index";
}

/** The same without the extension, if it is a known one. */
export function stemOf({ pathname }: URL, limit: Limit): string {
  const last = lastOf(pathname);
  return cut(decoded(last.slice(0, last.length - pathExtension(pathname).length)), limit) || "index";
}

function lastOf(pathname: string): string {
  return pathname.slice(pathname.lastIndexOf("/") + 1);
}

/** What stays as it is written: what separates or means something to a system or a shell, cannot be seen, or begins an escape. */
const UNSAFE = /[%/\\:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffd]/u;

/** A part of a path, with percent-encoded UTF-8 as the characters that it is, where they are safe. */
function decoded(part: string): string {
  return part.includes("%") ? part.replace(/(?:%[0-9a-fA-F]{2})+/g, decodedRun) : part;
}

function decodedRun(run: string): string {
  const bytes = Buffer.from(run.replaceAll("%", ""), "hex");
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOf(bytes[at] ?? 0);
    const character = bytes.toString("utf8", at, at + length);
    const isSafe = !UNSAFE.test(character); // what is no UTF-8 became U+FFFD
    text += isSafe ? character : run.slice(3 * at, 3 * (at + 1));
    at += isSafe ? length : 1;
  }
  return text;
}

/** How many bytes a character has that begins so. */
function lengthOf(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** An escape that is left, a character with the marks that combine with it, or marks without one. */
const WHOLE = /%[0-9a-fA-F]{2}|\P{M}(?:\p{M}|\p{Emoji_Modifier})*|\p{M}/gu;

/** So much of a text as fits into these bytes, with nothing cut in two. */
export function cut(text: string, maxBytes: number): string {
  if (3 * text.length <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  for (const [whole] of text.matchAll(WHOLE)) {
    bytes += Buffer.byteLength(whole);
    if (bytes > maxBytes) break;
    end += whole.length;
  }
  return text.slice(0, end);
}
