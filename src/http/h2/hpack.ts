// HPACK, header compression for HTTP/2 (RFC 7541): a decoder, and an encoder without a dynamic table.

import { ConnectionError } from "./frames.ts";
import { decodeHuffman } from "./huffman.ts";

/** Called with each field in order; name and value are Latin-1. */
export type OnField = (name: string, value: string) => void;

export interface Decoder {
  /** Decodes a whole header block. Throws a ConnectionError if it is invalid: the next ones depend on it (RFC 9113 section 4.3). */
  decode(block: Uint8Array, onField: OnField): void;
}

/** The static table (RFC 7541 appendix A), from index 1 on: names and values. */
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

/** Size of the decoder's dynamic table, in bytes as section 4.1 counts them: the default of SETTINGS_HEADER_TABLE_SIZE. */
export const TABLE_BYTES = 4096;
/** Overhead of an entry, in bytes (section 4.1). */
const ENTRY_BYTES = 32;
/** Maximum encoded length of a name or value, in bytes: that of a whole header block. */
const MAX_TEXT_BYTES = 262_144;

/** Buffer for decoded Huffman strings, shared by all decoders. */
let scratch = Buffer.allocUnsafeSlow(4096);

/** Creates a decoder for one connection. */
export function decoder(): Decoder {
  /** The dynamic table, the newest entry last. */
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
      let isFirst = true; // table size updates come before the fields (section 4.2)
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

/** The first index of each name in the static table. */
const NAME_INDEX = new Map(STATIC.map(([name], i) => [name, i + 1] as const).reverse());

/** Encoded as never-indexed literals, which intermediaries must not index either (section 7.1.3). */
const SECRET_NAMES = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Encodes a field as a literal without indexing: name in lower case, value in Latin-1. */
export function encodeField(name: string, value: string): Buffer {
  const bits = SECRET_NAMES.has(name) ? 0x10 : 0x00;
  const index = NAME_INDEX.get(name);
  const head = index === undefined ? [Buffer.of(bits), encodeText(name)] : [encodeInteger(index, 4, bits)];
  return Buffer.concat([...head, encodeText(value)]);
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([encodeInteger(bytes.length, 7, 0), bytes]);
}

/** Encodes an integer (section 5.1), with `bits` before the prefix. */
function encodeInteger(value: number, prefixBits: number, bits: number): Buffer {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Buffer.of(bits | value);
  const bytes = [bits | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A table size update to 0 (section 6.3). */
export const EMPTY_TABLE: Buffer = Buffer.of(0x20);

/** `:method GET` and `:scheme https` as indexed fields. */
export const GET_HTTPS: Buffer = Buffer.of(0x82, 0x87);
