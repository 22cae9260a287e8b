// What both sides of a connection of HTTP/2 may do (RFC 9113 section 6.5.2): our settings, and the server's.

import { ConnectionError, FLAG, frame, MAX_PAYLOAD_BYTES, PREFACE, TYPE } from "./frames.ts";

const ID = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

export interface ServerSettings {
  /** The most streams at a time; undefined while the server has not said so. */
  readonly maxStreams: number | undefined;
  /** The most that our encoder may keep, in bytes. It keeps nothing, but must say so where this becomes less. */
  readonly headerTableBytes: number;
}

/** What holds before a server says anything. */
export const INITIAL: ServerSettings = { maxStreams: undefined, headerTableBytes: 4096 };

/** What a client begins with (section 3.4). Our settings: no pushes, and what a server may send of a body before it hears of us again. */
export function preface(streamWindowBytes: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(ID.enablePush, 0);
  bytes.writeUInt16BE(ID.initialWindowSize, 6);
  bytes.writeUInt32BE(streamWindowBytes, 8);
  return Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0, bytes)]);
}

/** Reads a payload of SETTINGS. Undefined for an acknowledgement of ours. Throws a ConnectionError. */
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
