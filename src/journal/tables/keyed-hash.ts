// A keyed hash for hash tables: the author of a list or a journal cannot construct collisions.
//
// HalfSipHash-1-3 (Aumasson and Bernstein, https://github.com/veorq/SipHash), which Linux uses for its hash tables. The key is
// random per process, so hashes must not be stored in files. A seeded hash such as FNV is not enough: strings can be
// constructed that collide for every seed.

import { randomBytes } from "node:crypto";

/** A 64-bit key. */
export interface Key {
  readonly low: number;
  readonly high: number;
}

/** A random key. */
export function newKey(): Key {
  const bytes = randomBytes(8);
  return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) };
}

const PROCESS_KEY = newKey();

/** Domain separation, mixed in at the end: the input was bytes, UTF-16 units or a number. */
const OF_BYTES = 0xff;
const OF_UNITS = 0xee;
const OF_NUMBER = 0xdd;

/** Input words that are not mixed in yet. */
const WORDS = new Int32Array(1024);
const STATE = new Int32Array(4);

/** A 32-bit hash of a string: of its bytes if it is ASCII, otherwise of its UTF-16 units. */
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

/** Equals `textHash` of these bytes as a string, if they are ASCII. */
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

/** A 32-bit hash of an integer from 0 to 2^53. */
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

/** Compresses the first `count` words, one round each. Returns 0, the new count. */
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

/** Compresses the remaining words and the last word, then runs three finalization rounds. */
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
