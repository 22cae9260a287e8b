// SETTINGS of HTTP/2 (RFC 9113 section 6.5.2): encodes the client's, and parses the server's.

import { ConnectionError, FLAG, frame, MAX_PAYLOAD_BYTES, PREFACE, TYPE } from "./frames.ts";

const ID = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

export interface ServerSettings {
  /** Maximum number of concurrent streams; undefined until the server sends it. */
  readonly maxStreams: number | undefined;
  /** Maximum size of the encoder's dynamic table, in bytes. The encoder has none, but must confirm a reduction. */
  readonly headerTableBytes: number;
}

/** The defaults, until the server sends SETTINGS. */
export const INITIAL: ServerSettings = { maxStreams: undefined, headerTableBytes: 4096 };

/** Encodes the client connection preface (section 3.4) with the settings: no push, and the initial window of streams. */
export function preface(streamWindowBytes: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(ID.enablePush, 0);
  bytes.writeUInt16BE(ID.initialWindowSize, 6);
  bytes.writeUInt32BE(streamWindowBytes, 8);
  return Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0, bytes)]);
}

/** Parses a SETTINGS payload; undefined for an acknowledgement. Throws a ConnectionError if it is invalid. */
export function readSettings(flags: number, payload: Buffer, before: ServerSettings): ServerSettings | undefined {
  const isAck = (flags & FLAG.ack) !== 0;
  if (payload.length % 6 !== 0 || (isAck && payload.length > 0)) {
    throw new ConnectionError("FRAME_SIZE_ERROR", `settings of ${payload.length} bytes`);
  }
  if (isAck) return undefined;
  let { maxStreams, headerTableBytes } = before;
  for (let at = 0; at < payload.length; at += 6) {
    const id = payload.readUInt16BE(at);
    const value = payload.readUInt32BE(at + 2);
    if (id === ID.headerTableSize) headerTableBytes = value;
    if (id === ID.maxConcurrentStreams) maxStreams = value;
    if (id === ID.enablePush && value !== 0) refused("PROTOCOL_ERROR", "ENABLE_PUSH", value);
    if (id === ID.initialWindowSize && value > MAX_WINDOW) refused("FLOW_CONTROL_ERROR", "INITIAL_WINDOW_SIZE", value);
    if (id === ID.maxFrameSize && (value < MAX_PAYLOAD_BYTES || value > MAX_FRAME_SIZE)) {
      refused("PROTOCOL_ERROR", "MAX_FRAME_SIZE", value);
    }
  }
  return { maxStreams, headerTableBytes };
}

const MAX_WINDOW = 0x7fff_ffff;
const MAX_FRAME_SIZE = 0xff_ffff;

function refused(code: "PROTOCOL_ERROR" | "FLOW_CONTROL_ERROR", name: string, value: number): never {
  throw new ConnectionError(code, `settings with ${name} ${value}`);
}
