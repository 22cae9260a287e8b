// Headers between the lines that we keep and the forms that undici has: names and values in turn, and an object.

import { isFieldName, trimBlanks } from "../semantics/headers.ts";

/** What a value cannot have (RFC 9110 section 5.5): a line break would begin another header. */
const BREAKS = /[\0\r\n]/g;

const WIDE = /[^\0-\xff]/;

/** The lines of a request as an object, by names in lower case. The origin's own Host is left to whoever sends it. */
export function headersOf(lines: string, origin: string): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (const line of lines.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon === -1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = trimBlanks(line.slice(colon + 1));
    if (name === "host" && origin.endsWith(`://${value}`)) continue;
    const before = headers.get(name);
    if (before === undefined) headers.set(name, value);
    else headers.set(name, typeof before === "string" ? [before, value] : [...before, value]);
  }
  return Object.fromEntries(headers);
}

/** Lines, in Latin-1, of what undici up to version 6 hands over: names and values in turn. */
export function linesOfRaw(raw: unknown): string {
  return pairsOf(raw)
    .map(([name, value]) => line(name, value))
    .join("");
}

/**
 * Lines, in Latin-1, of what undici hands over from version 7 on. The object counts, since interceptors change it; its values are
 * Latin-1 or UTF-8, by version: the bytes are those of `raw` where both are the same header.
 */
export function linesOf(headers: unknown, raw: unknown): string {
  if (typeof headers !== "object" || headers === null) return "";
  const asSent = new Map<string, Buffer[]>();
  for (const [name, value] of pairsOf(raw)) {
    const key = name.toLowerCase();
    const others = asSent.get(key);
    if (others === undefined) asSent.set(key, [value]);
    else others.push(value);
  }
  let lines = "";
  for (const [name, value] of Object.entries(headers)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const sent = asSent.get(name.toLowerCase());
    for (const [i, one] of values.entries()) {
      const bytes = sent?.[i];
      const isSame = bytes !== undefined && (bytes.toString("latin1") === one || bytes.toString("utf8") === one);
      lines += line(name, isSame ? bytes : bytesOf(one));
    }
  }
  return lines;
}

function line(name: string, value: Buffer | undefined): string {
  if (value === undefined || !isFieldName(name)) return "";
  return `${name}: ${value.toString("latin1").replace(BREAKS, " ")}\r\n`;
}

/** Names and values of a list that has them in turn, the values of one name perhaps as a list of their own; none of anything else. */
function pairsOf(raw: unknown): (readonly [string, Buffer])[] {
  if (!Array.isArray(raw)) return [];
  const pairs: [string, Buffer][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const value: unknown = raw[i + 1];
    const name = bytesOf(raw[i])?.toString("latin1") ?? "";
    for (const one of Array.isArray(value) ? value : [value]) {
      const bytes = bytesOf(one);
      if (bytes !== undefined) pairs.push([name, bytes]);
    }
  }
  return pairs;
}

/** Text is Latin-1 where it can be; a mock's author may have written any. Undefined for what is no value of a header. */
function bytesOf(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value);
  return Buffer.from(text, WIDE.test(text) ? "utf8" : "latin1");
}
