// Header compression for HTTP/2 (RFC 7541): decodes what servers send; encodes requests without a dynamic table.

import { ConnectionError } from "./frames.ts";
import { decodeHuffman } from "./huffman.ts";

/** Called with each field, in order; text is Latin-1. */
export type OnField = (name: string, value: string) => void;

export interface Decoder {
  /** Decodes a whole header block. Throws a ConnectionError: without it the next ones cannot be decoded (RFC 9113 section 4.3). */
  decode(block: Uint8Array, onField: OnField): void;
}

/** RFC 7541 appendix A, from index 1 on: a name, and its value where it has one. */
const STATIC: readonly (readonly [string, string])[] = `
  :authority; :method=GET; :method=POST; :path=/; :path=/index.html; :scheme=http; :scheme=https; :status=200;
  :status=204; :status=206; :status=304; :status=400; :status=404; :status=500; accept-charset;
  accept-encoding=gzip, deflate; accept-language; accept-ranges; accept; access-control-allow-origin; age; allow;
  authorization; cache-control; content-disposition; content-encoding; content-language; content-length;
  content-location; content-range; content-type; cookie; date; etag; expect; expires; from; host; if-match;
  if-modified-since; if-none-match; if-range; if-unmodified-since; last-modified; link; location; max-forwards;
  proxy-authenticate; proxy-authorization; range; referer; refresh; retry-after; server; set-cookie;
  strict-transport-security; transfer-encoding; user-agent; vary; via; www-authenticate
`
  .trim()
  .split(/;\s+/)
  .map((entry) => {
    const [name = "", value = ""] = entry.split("=");
    return [name, value] as const;
  });

/** The size of the table that we allow a server (SETTINGS_HEADER_TABLE_SIZE), in bytes by section 4.1: the default. */
export const TABLE_BYTES = 4096;
/** What an entry counts beside its text (section 4.1). */
const ENTRY_BYTES = 32;
/** One name or value, decoded, in bytes; more than any header block may have. */
const MAX_TEXT_BYTES = 262_144;

/** Where a text that is Huffman code is decoded into, for all decoders. */
let scratch = Buffer.allocUnsafeSlow(4096);

/** A decoder for one connection. */
export function decoder(): Decoder {
  /** The dynamic table, its newest entry last. */
  let entries: (readonly [string, string])[] = [];
  let tableBytes = 0;
  let maxTableBytes = TABLE_BYTES;
  let block: Uint8Array = scratch;
  let at = 0;

  const integer = (prefixBits: number): number => {
    const mask = (1 << prefixBits) - 1;
    let value = (block[at++] ?? failed("a block that is cut")) & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++] ?? failed("an integer that is cut");
      if (shift > 21) failed("an integer that is too large");
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const isHuffman = ((block[at] ?? failed("a string that is cut")) & 0x80) !== 0;
    const length = integer(7);
    const from = at;
    at += length;
    if (length > MAX_TEXT_BYTES || at > block.length) failed("a string that is cut");
    if (!isHuffman) return latin1(block, from, at);
    if (scratch.length < length * 2) scratch = Buffer.allocUnsafeSlow(length * 2); // no code is shorter than 5 bits
    const written = decodeHuffman(block, from, at, scratch, 0);
    if (written < 0) failed("a string that is no Huffman code");
    return scratch.toString("latin1", 0, written);
  };
  const entry = (index: number): readonly [string, string] =>
    (index <= STATIC.length ? STATIC[index - 1] : entries[entries.length - (index - STATIC.length)]) ??
    failed(`index ${index}, which has no entry`);
  const evict = () => {
    let gone = 0;
    for (; tableBytes > maxTableBytes; gone++) tableBytes -= sizeOf(entries[gone] ?? ["", ""]);
    if (gone > 0) entries = entries.slice(gone);
  };
  const add = (one: readonly [string, string]) => {
    entries.push(one);
    tableBytes += sizeOf(one);
    evict();
  };

  return {
    decode(bytes, onField) {
      block = bytes;
      at = 0;
      let isFirst = true; // a change of size comes before the fields (section 4.2)
      while (at < block.length) {
        const first = block[at] ?? 0;
        if ((first & 0xe0) === 0x20) {
          maxTableBytes = integer(5);
          if (!isFirst || maxTableBytes > TABLE_BYTES) failed("a change of the table's size that is not allowed");
          evict();
          continue;
        }
        isFirst = false;
        if (first >= 0x80) {
          const [name, value] = entry(integer(7));
          onField(name, value);
          continue;
        }
        const isIndexed = first >= 0x40;
        const index = integer(isIndexed ? 6 : 4);
        const name = index === 0 ? text() : entry(index)[0];
        const value = text();
        if (isIndexed) add([name, value]);
        onField(name, value);
      }
    },
  };
}

function failed(what: string): never {
  throw new ConnectionError("COMPRESSION_ERROR", `headers with ${what}`);
}

function sizeOf([name, value]: readonly [string, string]): number {
  return name.length + value.length + ENTRY_BYTES;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}

/** The first index of each name that is in the static table. */
const NAME_INDEX = new Map(STATIC.map(([name], i) => [name, i + 1] as const).reverse());

/** Not to be kept by anybody on the way (section 7.1.3). */
const SECRET = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Encodes one field as a literal that no table keeps: name in lower case, value in Latin-1. */
export function encodeField(name: string, value: string): Buffer {
  const bits = SECRET.has(name) ? 0x10 : 0x00;
  const index = NAME_INDEX.get(name);
  const head = index === undefined ? [Buffer.of(bits), encodeText(name)] : [encodeInteger(index, 4, bits)];
  return Buffer.concat([...head, encodeText(value)]);
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([encodeInteger(bytes.length, 7, 0), bytes]);
}

/** Section 5.1, with `bits` before the prefix. */
function encodeInteger(value: number, prefixBits: number, bits: number): Buffer {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Buffer.of(bits | value);
  const bytes = [bits | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Says that our encoder keeps nothing (section 6.3). */
export const EMPTY_TABLE: Buffer = Buffer.of(0x20);

/** `:method GET` and `:scheme https`, as indices. */
export const GET_HTTPS: Buffer = Buffer.of(0x82, 0x87);
