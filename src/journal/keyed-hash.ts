// A keyed hash for tables: whoever writes a list or a journal cannot make two texts meet in one.
//
// HalfSipHash-1-3 (Aumasson and Bernstein, https://github.com/veorq/SipHash), which Linux uses for its tables. The key is
// random and new in every process, so that no hash may be written down. A seed for a hash such as FNV would not do: texts
// can be made that collide for every seed.

import { randomBytes } from "node:crypto";

/** 64 bits. */
export interface Key {
  readonly low: number;
  readonly high: number;
}

/** A key that nobody else knows. */
export function newKey(): Key {
  const bytes = randomBytes(8);
  return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) };
}

const PROCESS_KEY = newKey();

/** Goes into the end of a hash: the words were made of bytes, of UTF-16 units, of a number. */
const OF_BYTES = 0xff;
const OF_UNITS = 0xee;
const OF_NUMBER = 0xdd;

/** Words that are gathered before they are mixed in. */
const WORDS = new Int32Array(1024);
const STATE = new Int32Array(4);

/** 32 bits of a text: of its bytes where it is ASCII, otherwise of its UTF-16 units. */
export function textHash(text: string, key: Key = PROCESS_KEY): number {
  const { length } = text;
  let seen = 0;
  let count = 0;
  let at = 0;
  begin(key);
  for (; at + 4 <= length; at += 4) {
    const a = text.charCodeAt(at);
    const b = text.charCodeAt(at + 1);
    const c = text.charCodeAt(at + 2);
    const d = text.charCodeAt(at + 3);
    seen |= a | b | c | d;
    WORDS[count++] = a | (b << 8) | (c << 16) | (d << 24);
    if (count === WORDS.length) count = mix(count);
  }
  let last = length << 24;
  for (let shift = 0; at < length; at++, shift += 8) {
    seen |= text.charCodeAt(at);
    last |= text.charCodeAt(at) << shift;
  }
  return seen < 0x80 ? end(count, last, OF_BYTES) : unitsHash(text, key);
}

function unitsHash(text: string, key: Key): number {
  const { length } = text;
  let count = 0;
  begin(key);
  for (let at = 0; at + 2 <= length; at += 2) {
    WORDS[count++] = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
    if (count === WORDS.length) count = mix(count);
  }
  return end(count, (length << 24) | (length % 2 === 1 ? text.charCodeAt(length - 1) : 0), OF_UNITS);
}

/** The same as of the text, for bytes that are ASCII. */
export function bytesHash(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  let at = from;
  begin(PROCESS_KEY);
  for (; at + 4 <= to; at += 4) {
    const [a, b, c, d] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
    WORDS[count++] = a | (b << 8) | (c << 16) | (d << 24);
    if (count === WORDS.length) count = mix(count);
  }
  let last = (to - from) << 24;
  for (let shift = 0; at < to; at++, shift += 8) last |= (bytes[at] ?? 0) << shift;
  return end(count, last, OF_BYTES);
}

/** 32 bits of a whole number up to 2^53. */
export function numberHash(number: number): number {
  begin(PROCESS_KEY);
  WORDS[0] = number;
  return end(1, Math.floor(number / 2 ** 32), OF_NUMBER);
}

function begin({ low, high }: Key): void {
  STATE[0] = low;
  STATE[1] = high;
  STATE[2] = low ^ 0x6c79_6765;
  STATE[3] = high ^ 0x7465_6462;
}

/** One round for each of the first `count` words; returns 0, for those that come next. */
function mix(count: number): 0 {
  let v0 = STATE[0] ?? 0;
  let v1 = STATE[1] ?? 0;
  let v2 = STATE[2] ?? 0;
  let v3 = STATE[3] ?? 0;
  for (let i = 0; i < count; i++) {
    const word = WORDS[i] ?? 0;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  STATE[0] = v0;
  STATE[1] = v1;
  STATE[2] = v2;
  STATE[3] = v3;
  return 0;
}

/** Mixes in what is gathered and the last word, and then nothing in three more rounds. */
function end(gathered: number, last: number, kind: number): number {
  let count = gathered;
  WORDS[count++] = last;
  mix(count);
  STATE[2] = (STATE[2] ?? 0) ^ kind;
  WORDS[0] = 0;
  WORDS[1] = 0;
  WORDS[2] = 0;
  mix(3);
  return ((STATE[1] ?? 0) ^ (STATE[3] ?? 0)) >>> 0;
}
