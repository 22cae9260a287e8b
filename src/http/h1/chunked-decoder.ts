// Decodes the chunked transfer coding (RFC 9112 section 7.1), whatever pieces a body arrives in.

import type { Failure } from "../../core/failure.ts";

/** Maximum length of a chunk-size line with its extensions, and of the trailer section, in bytes. */
const MAX_LINE_BYTES = 16_384;

/** Maximum number of hexadecimal digits of a chunk size, without leading zeros: 2^52 bytes, a safe integer. */
const MAX_SIZE_DIGITS = 13;

export interface ChunkedDecoder {
  /**
   * Decodes `bytes` from `from` on. Returns the data of the body, which is moved together within `bytes` and not copied
   * elsewhere, and the index after the body; `end` is undefined while the body goes on.
   */
  decode(bytes: Buffer, from: number): Failure | { readonly data: Buffer; readonly end: number | undefined };
}

const TRAILERS_TOO_LARGE: Failure = {
  error: "headers_too_large",
  detail: `trailers of more than ${MAX_LINE_BYTES} bytes`,
};

/**
 *     size digits ─▶ blanks ─▶ extension ─▶ size LF ─┬─ size > 0 ─▶ data ─▶ data CRLF ─▶ size digits
 *                                                    └─ size = 0 ─▶ trailers ─▶ end
 *
 * Blanks, extension and CR may be absent: a line feed ends the size line from any of its states.
 */
type State = "size digits" | "blanks" | "extension" | "size LF" | "data" | "data CRLF" | "trailers";

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const SEMICOLON = 59;

/** Decodes one body. No byte of a line is kept: a line may arrive in thousands of pieces. */
export function chunkedDecoder(): ChunkedDecoder {
  let state: State = "size digits";
  let digits = 0;
  /** Bytes of the chunk that are still to come. */
  let left = 0;
  /** Length of the chunk-size line or trailer line so far. */
  let lineBytes = 0;
  let isBlank = true;
  let trailerBytes = 0;

  /** Parses one byte of a chunk-size line outside of extensions. Returns false if the line is invalid. */
  const parseSizeByte = (byte: number): boolean => {
    lineBytes++;
    if (byte === LF) {
      lineBytes = 0;
      state = left === 0 ? "trailers" : "data";
      return digits > 0;
    }
    switch (state) {
      case "size digits": {
        const value = hexOf(byte);
        if (value === undefined) break;
        digits = left === 0 ? 1 : digits + 1; // leading zeros do not count
        left = left * 16 + value;
        return digits <= MAX_SIZE_DIGITS;
      }
      case "blanks":
        break;
      default:
        return false;
    }
    if (byte === SEMICOLON) state = "extension";
    else if (byte === CR) state = "size LF";
    else if (byte === TAB || byte === SPACE) state = "blanks";
    else return false;
    return digits > 0;
  };

  /** Skips a piece of a chunk extension that has no line feed. Returns false if the line is invalid. */
  const skipExtension = (bytes: Buffer): boolean => {
    lineBytes += bytes.length;
    const end = bytes.indexOf(CR);
    if (end !== -1) state = "size LF";
    return (end === -1 || end === bytes.length - 1) && !bytes.includes(0);
  };

  return {
    decode(bytes, from) {
      let start = from;
      let end = from;
      let at = from;
      while (at < bytes.length) {
        if (state === "data") {
          const until = Math.min(bytes.length, at + left);
          if (end === start) start = end = at;
          if (end !== at) bytes.copyWithin(end, at, until);
          end += until - at;
          left -= until - at;
          at = until;
          if (left === 0) state = "data CRLF";
        } else if (state === "data CRLF") {
          const byte = bytes[at++];
          if (byte === LF) {
            state = "size digits";
            digits = 0;
            lineBytes = 0;
          } else if (byte !== CR || lineBytes++ > 0) return invalid("a chunk is longer than its size");
        } else if (state === "trailers") {
          const feed = bytes.indexOf(LF, at);
          const next = feed === -1 ? bytes.length : feed + 1;
          // The empty line that ends the trailers is LF or CR LF.
          if (lineBytes === 0 && next > at) isBlank = bytes[at] === CR || bytes[at] === LF;
          lineBytes += next - at;
          at = next;
          if (trailerBytes + lineBytes > MAX_LINE_BYTES) return TRAILERS_TOO_LARGE;
          if (feed === -1) break;
          if (isBlank && lineBytes <= 2) return { data: bytes.subarray(start, end), end: at };
          trailerBytes += lineBytes;
          lineBytes = 0;
        } else {
          const feed = state === "extension" ? bytes.indexOf(LF, at) : at;
          if (feed === at) {
            if (!parseSizeByte(bytes[at++] ?? 0)) return invalid("a chunk has no size");
          } else {
            const next = feed === -1 ? bytes.length : feed;
            if (!skipExtension(bytes.subarray(at, next))) return invalid("a chunk has no size");
            at = next;
          }
          if (lineBytes > MAX_LINE_BYTES) return invalid("a chunk's size has no end");
        }
      }
      return { data: bytes.subarray(start, end), end: undefined };
    },
  };
}

/** Returns the value of a hexadecimal digit, or undefined. */
function hexOf(byte: number): number | undefined {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : undefined;
}

function invalid(what: string): Failure {
  return { error: "protocol_error", detail: `the body: ${what}` };
}
