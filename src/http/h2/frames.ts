// HTTP/2 frames (RFC 9113 sections 4 and 6): types, flags, error codes, and the encoding of those that a client sends.

/** Section 6. */
export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Section 7, by number. */
export const CODES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

export type Code = (typeof CODES)[number];

/** Returns the name of an error code, or its number. */
export function codeName(code: number): string {
  return CODES[code] ?? `code ${code}`;
}

/** A connection error (section 5.4.1): the connection ends with this code. */
export class ConnectionError extends Error {
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(`HTTP/2: ${message}`);
    this.code = code;
  }
}

/** Maximum length of a payload in both directions, in bytes: the default of SETTINGS_MAX_FRAME_SIZE (section 6.5.2). */
export const MAX_PAYLOAD_BYTES = 16_384;
export const HEAD_BYTES = 9;
/** The client connection preface (section 3.4). */
export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
export const MAX_STREAM_ID = 0x7fff_ffff;

/** Encodes a frame. */
export function frame(type: number, flags: number, stream: number, payload: Buffer = NOTHING): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  payload.copy(bytes, HEAD_BYTES);
  return bytes;
}

const NOTHING = Buffer.alloc(0);

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function rstStream(stream: number, code: Code): Buffer {
  return frame(TYPE.rstStream, 0, stream, uint32(CODES.indexOf(code)));
}

/** GOAWAY. Its last stream is 0: servers begin no streams, since push is disabled. */
export function goaway(code: Code): Buffer {
  return frame(TYPE.goaway, 0, 0, Buffer.concat([uint32(0), uint32(CODES.indexOf(code))]));
}

/** Encodes a request without a body: HEADERS, and CONTINUATION if the header block does not fit into one frame. */
export function requestFrames(stream: number, block: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let from = 0; from === 0 || from < block.length; from += MAX_PAYLOAD_BYTES) {
    const to = Math.min(block.length, from + MAX_PAYLOAD_BYTES);
    const type = from === 0 ? TYPE.headers : TYPE.continuation;
    const flags = (from === 0 ? FLAG.endStream : 0) | (to === block.length ? FLAG.endHeaders : 0);
    frames.push(frame(type, flags, stream, block.subarray(from, to)));
  }
  return frames.length === 1 ? (frames[0] ?? NOTHING) : Buffer.concat(frames);
}
