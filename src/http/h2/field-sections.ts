// Decodes the header blocks of HTTP/2 to header lines as in HTTP/1.1 (RFC 9113 sections 4.3, 8.2 and 8.3).

import { withoutControls } from "../semantics/headers.ts";
import { ConnectionError, FLAG } from "./frames.ts";
import { decoder } from "./hpack.ts";

/** The headers of an answer, or its trailers. */
export interface FieldSection {
  /** Header lines, each with its line end; Latin-1. */
  readonly fields: string;
  /** Absent in trailers. */
  readonly status: number | undefined;
  /** Why the answer is malformed, if it is: the stream fails, and not its connection (section 8.1.1). */
  readonly malformed: string | undefined;
}

export interface FieldSections {
  /** A block is incomplete: its next frame must be CONTINUATION. */
  readonly isOpen: boolean;
  onHeadersFrame(stream: number, flags: number, payload: Buffer): void;
  onContinuationFrame(stream: number, flags: number, payload: Buffer): void;
}

/** Maximum length of a header block, both compressed and decoded, in bytes: as over HTTP/1.1. */
const MAX_SECTION_BYTES = 262_144;
/** Maximum number of frames of a header block: empty CONTINUATION frames would never reach the limit in bytes (CVE-2024-27316). */
const MAX_FRAMES = 1000;

/** The value of `malformed` for a section that is too long. */
export const TOO_LONG = `a header block of more than ${MAX_SECTION_BYTES} bytes`;

/** Section 8.2.1: a field name is a token in lower case. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Names that make an answer malformed. Headers with other invalid names are skipped, as in curl. */
const REFUSED_NAME = /^:|[A-Z]/;
const VALUE = /^[^\0\r\n]*$/;
/** Connection-specific headers, which make an answer malformed (section 8.2.2). */
const CONNECTION_FIELDS = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
/** Three digits, as over HTTP/1.1 (RFC 9110 section 15). */
const STATUS = /^[1-9]\d\d$/;

/** Calls `onSection` with every complete section, also of streams that are closed: the decoder's table depends on all (section 4.3). */
export function fieldSections(
  onSection: (stream: number, section: FieldSection, isEnd: boolean) => void,
): FieldSections {
  const { decode } = decoder();
  let stream = 0;
  let isEnd = false;
  let isOpen = false;
  let pieces: Buffer[] = [];
  let bytes = 0;

  const finish = (block: Uint8Array) => {
    isOpen = false;
    onSection(stream, decodeSection(block), isEnd);
  };
  /** Decodes a block to its end even if it is malformed, since the table depends on it. */
  const decodeSection = (block: Uint8Array): FieldSection => {
    let fields = "";
    let length = 0;
    let status: number | undefined;
    let malformed: string | undefined;
    let hasFields = false;
    decode(block, (name, value) => {
      length += name.length + value.length + 4;
      if (length > MAX_SECTION_BYTES) return;
      if (name === ":status") {
        // Pseudo-headers come before all others, and once (section 8.3).
        if (hasFields || status !== undefined || !STATUS.test(value)) malformed ??= `a :status of "${excerpt(value)}"`;
        else status = Number(value);
        return;
      }
      hasFields = true;
      if (!NAME.test(name)) {
        if (REFUSED_NAME.test(name)) malformed ??= `a header named "${excerpt(name)}"`;
      } else if (!VALUE.test(value)) {
        malformed ??= `a line break or NUL in ${excerpt(name)}`;
      } else if (CONNECTION_FIELDS.has(name)) {
        malformed ??= `the header ${name}, which HTTP/2 does not have`;
      } else {
        // A Content-Length keeps control characters, so that it is refused.
        fields += `${name}: ${name === "content-length" ? value : withoutControls(value)}\r\n`;
      }
    });
    return { fields, status, malformed: length > MAX_SECTION_BYTES ? TOO_LONG : malformed };
  };

  return {
    get isOpen() {
      return isOpen;
    },
    onHeadersFrame(id, flags, payload) {
      let from = 0;
      let to = payload.length;
      if ((flags & FLAG.padded) !== 0) to -= payload[from++] ?? 0;
      if ((flags & FLAG.priority) !== 0) from += 5;
      if (from > to) throw new ConnectionError("PROTOCOL_ERROR", "a HEADERS frame with less than its flags say");
      stream = id;
      isEnd = (flags & FLAG.endStream) !== 0;
      const block = payload.subarray(from, to);
      if ((flags & FLAG.endHeaders) !== 0) return finish(block);
      isOpen = true;
      pieces = [Buffer.from(block)];
      bytes = block.length;
    },
    onContinuationFrame(id, flags, payload) {
      if (!isOpen || id !== stream) throw new ConnectionError("PROTOCOL_ERROR", "a CONTINUATION of nothing");
      bytes += payload.length;
      if (bytes > MAX_SECTION_BYTES || pieces.length >= MAX_FRAMES) {
        throw new ConnectionError("ENHANCE_YOUR_CALM", `${TOO_LONG} or ${MAX_FRAMES} frames`);
      }
      pieces.push(Buffer.from(payload));
      if ((flags & FLAG.endHeaders) === 0) return;
      const block = Buffer.concat(pieces);
      pieces = [];
      finish(block);
    },
  };
}

function excerpt(text: string): string {
  return text.slice(0, 20).replace(/[^\x20-\x7e]/g, "?");
}
