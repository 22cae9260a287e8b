// Takes the chunks of a body apart (RFC 9112 section 7.1), whatever pieces they arrive in.

import type { Failure } from "../../core/failure.ts";

/** The longest line with a chunk's size, its extensions included; and the longest block of trailers: 16 KiB. */
const MAX_LINE = 16_384;

/** The most digits of a size, zeros in front aside: 2^52 bytes. */
const MAX_DIGITS = 13;

export interface ChunkedDecoder {
  /**
   * Takes what arrived from `from` on. Returns the body's bytes among it, moved together where they are, so that none are
   * copied elsewhere; empty for none; and how far the body went: `end` is undefined while there is more to come.
   */
  take(bytes: Buffer, from: number): Failure | { readonly data: Buffer; readonly end: number | undefined };
}

const TRAILERS_TOO_LARGE: Failure = {
  error: "headers_too_large",
  detail: `trailers of more than ${MAX_LINE} bytes`,
};

/** Where the next byte belongs: the digits of a size, blanks after them, an extension, the line feed that ends them; and so on. */
type Place = "digits" | "blanks" | "extension" | "size's line feed" | "data" | "after data" | "trailers";

const TAB = 9;
const LF = 10;
const CR = 13;
const BLANK = 32;
const SEMICOLON = 59;

/** Reads one chunked body. Keeps no byte of it: a line may come in thousands of pieces. */
export function chunkedDecoder(): ChunkedDecoder {
  let place: Place = "digits";
  let digits = 0;
  /** Of the chunk. */
  let left = 0;
  /** Of a size's line, or of a trailer, so far. */
  let lineBytes = 0;
  let isBlank = true;
  let trailerBytes = 0;

  /** Reads the next byte of a size's line, but for extensions. False where it makes it none. */
  const isSize = (byte: number): boolean => {
    lineBytes++;
    if (byte === LF) {
      lineBytes = 0;
      place = left === 0 ? "trailers" : "data";
      return digits > 0;
    }
    switch (place) {
      case "digits": {
        const value = hexOf(byte);
        if (value === undefined) break;
        digits = left === 0 ? 1 : digits + 1; // 1*HEXDIG: zeros in front are none of them
        left = left * 16 + value;
        return digits <= MAX_DIGITS;
      }
      case "blanks":
        break;
      default:
        return false;
    }
    if (byte === SEMICOLON) place = "extension";
    else if (byte === CR) place = "size's line feed";
    else if (byte === TAB || byte === BLANK) place = "blanks";
    else return false;
    return digits > 0;
  };

  /** Reads what there is of an extension, up to the line feed. False where no extension has such bytes. */
  const isExtension = (bytes: Buffer): boolean => {
    lineBytes += bytes.length;
    const end = bytes.indexOf(CR);
    if (end !== -1) place = "size's line feed";
    return (end === -1 || end === bytes.length - 1) && !bytes.includes(0);
  };

  return {
    take(bytes, from) {
      let start = from;
      let end = from;
      let at = from;
      while (at < bytes.length) {
        if (place === "data") {
          const until = Math.min(bytes.length, at + left);
          if (end === start) start = end = at;
          if (end !== at) bytes.copyWithin(end, at, until);
          end += until - at;
          left -= until - at;
          at = until;
          if (left === 0) place = "after data";
        } else if (place === "after data") {
          const byte = bytes[at++];
          if (byte === LF) {
            place = "digits";
            digits = 0;
            lineBytes = 0;
          } else if (byte !== CR || lineBytes++ > 0) return wrong("a chunk is longer than its size");
        } else if (place === "trailers") {
          const feed = bytes.indexOf(LF, at);
          const next = feed === -1 ? bytes.length : feed + 1;
          // An empty line is a line feed, or two bytes of which the first is a carriage return.
          if (lineBytes === 0 && next > at) isBlank = bytes[at] === CR || bytes[at] === LF;
          lineBytes += next - at;
          at = next;
          if (trailerBytes + lineBytes > MAX_LINE) return TRAILERS_TOO_LARGE;
          if (feed === -1) break;
          if (isBlank && lineBytes <= 2) return { data: bytes.subarray(start, end), end: at };
          trailerBytes += lineBytes;
          lineBytes = 0;
        } else {
          const feed = place === "extension" ? bytes.indexOf(LF, at) : at;
          if (feed === at) {
            if (!isSize(bytes[at++] ?? 0)) return wrong("a chunk has no size");
          } else {
            const next = feed === -1 ? bytes.length : feed;
            if (!isExtension(bytes.subarray(at, next))) return wrong("a chunk has no size");
            at = next;
          }
          if (lineBytes > MAX_LINE) return wrong("a chunk's size has no end");
        }
      }
      return { data: bytes.subarray(start, end), end: undefined };
    },
  };
}

/** The value of a hexadecimal digit. */
function hexOf(byte: number): number | undefined {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : undefined;
}

function wrong(what: string): Failure {
  return { error: "protocol_error", detail: `the body: ${what}` };
}
