// Converts header lines to and from undici's forms: an object, and an array of names and values.

import { isFieldName } from "../../core/http/header-rules.ts";
import { trimBlanks } from "../semantics/headers.ts";

/** Characters that a field value cannot have (RFC 9110 section 5.5): a line break would begin another field. */
const FORBIDDEN = /[\0\r\n]/g;

const NOT_LATIN1 = /[^\0-\xff]/;

/** Converts request lines to an object, by names in lower case. Omits the origin's own Host, which undici adds. */
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

/** Converts the headers of undici up to version 6, names and values in turn, to lines in Latin-1. */
export function linesOfRaw(raw: unknown): string {
  return pairsOf(raw)
    .map(([name, value]) => line(name, value))
    .join("");
}

/**
 * Converts the headers of undici from version 7 on to lines in Latin-1. `headers` counts, since interceptors change it. Its
 * values are Latin-1 or UTF-8, by version: where `raw` has the same value, its bytes are used.
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
  return `${name}: ${value.toString("latin1").replace(FORBIDDEN, " ")}\r\n`;
}

/** Returns the pairs of an array of names and values in turn, where a value may be an array; nothing for any other value. */
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

/** Encodes text as Latin-1 if possible, else UTF-8 (a mock may have any text). Undefined for a value that is no header value. */
function bytesOf(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value);
  return Buffer.from(text, NOT_LATIN1.test(text) ? "utf8" : "latin1");
}
