// Reads the frames of HTTP/2 off a connection, in whatever pieces they come (RFC 9113 sections 4.1 and 6).

import { ConnectionError, FLAG, HEAD_BYTES, MAX_PAYLOAD_BYTES, MAX_STREAM_ID, TYPE } from "./frames.ts";

export interface FrameListener {
  /** A frame begins: its head has come, and its payload may not have. */
  onHead(type: number): void;
  /** A whole frame, of any type but DATA. The payload is overwritten afterwards. */
  onFrame(type: number, flags: number, stream: number, payload: Buffer): void;
  /** A DATA frame begins: `length` bytes of payload count against the windows. */
  onDataFrame(stream: number, length: number): void;
  /** A piece of a DATA frame, without padding; it is overwritten afterwards. */
  onData(piece: Buffer): void;
  /** A DATA frame is over, and with `isEnd` the stream. */
  onDataFrameEnd(isEnd: boolean): void;
}

/** By type: the fewest and the most bytes of payload, and whether it is a stream's frame or the connection's; undefined where it is either's. */
const BOUNDS: readonly (readonly [number, number, boolean | undefined])[] = [
  [0, MAX_PAYLOAD_BYTES, true], // DATA
  [0, MAX_PAYLOAD_BYTES, true], // HEADERS
  [0, MAX_PAYLOAD_BYTES, undefined], // PRIORITY, which is ignored
  [4, 4, true], // RST_STREAM
  [0, MAX_PAYLOAD_BYTES, false], // SETTINGS
  [4, MAX_PAYLOAD_BYTES, true], // PUSH_PROMISE
  [8, 8, false], // PING
  [8, MAX_PAYLOAD_BYTES, false], // GOAWAY
  [4, 4, undefined], // WINDOW_UPDATE
  [0, MAX_PAYLOAD_BYTES, true], // CONTINUATION
];
const NO_BOUNDS = [0, MAX_PAYLOAD_BYTES, undefined] as const;

/** Returns what takes the bytes of a connection as they come. It throws a ConnectionError, and what the listener throws. */
export function frameReader(on: FrameListener): (bytes: Buffer) => void {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  let headBytes = 0;
  /** What has come of a payload that came in pieces. */
  let pieces: Buffer[] = [];
  let type = 0;
  let flags = 0;
  let stream = 0;
  /** Of the frame that has begun: bytes of payload to come, padding included. */
  let left = 0;
  let padding = 0;
  let isPadKnown = true;
  let isInFrame = false;

  const begin = () => {
    left = head.readUIntBE(0, 3);
    type = head[3] ?? 0;
    flags = head[4] ?? 0;
    stream = head.readUInt32BE(5) & MAX_STREAM_ID;
    headBytes = 0;
    padding = 0;
    isPadKnown = true;
    isInFrame = true;
    on.onHead(type);
    const [least, most, isOfStream] = BOUNDS[type] ?? NO_BOUNDS;
    if (left < least || left > most) throw new ConnectionError("FRAME_SIZE_ERROR", `a frame of ${left} bytes`);
    if (isOfStream !== undefined && isOfStream !== stream > 0) {
      throw new ConnectionError("PROTOCOL_ERROR", `a frame of type ${type} on stream ${stream}`);
    }
    if (type !== TYPE.data) return;
    isPadKnown = (flags & FLAG.padded) === 0;
    if (!isPadKnown && left === 0) throw new ConnectionError("FRAME_SIZE_ERROR", "a padded frame without its padding");
    on.onDataFrame(stream, left);
  };
  /** Takes a part of a DATA frame's payload. Returns where it ends. */
  const takeData = (bytes: Buffer, from: number): number => {
    let at = from;
    if (!isPadKnown) {
      padding = bytes[at++] ?? 0;
      left--;
      isPadKnown = true;
      if (padding > left) throw new ConnectionError("PROTOCOL_ERROR", "more padding than payload");
    }
    const end = Math.min(bytes.length, at + left - padding);
    if (end > at) {
      left -= end - at;
      on.onData(bytes.subarray(at, end));
      at = end;
    }
    if (left <= padding) {
      const skipped = Math.min(bytes.length - at, left);
      left -= skipped;
      padding -= skipped;
      at += skipped;
    }
    return at;
  };
  /** Takes a part of another frame's payload, and hands that over once it is whole. Returns where the part ends. */
  const takePayload = (bytes: Buffer, from: number): number => {
    const end = Math.min(bytes.length, from + left);
    const piece = bytes.subarray(from, end);
    left -= piece.length;
    if (left > 0) {
      if (piece.length > 0) pieces.push(Buffer.from(piece));
      return end;
    }
    isInFrame = false;
    if (pieces.length === 0) {
      on.onFrame(type, flags, stream, piece);
      return end;
    }
    const whole = Buffer.concat([...pieces, piece]);
    pieces = [];
    on.onFrame(type, flags, stream, whole);
    return end;
  };

  return (bytes) => {
    for (let at = 0; ; ) {
      if (!isInFrame) {
        if (at === bytes.length) return;
        const copied = bytes.copy(head, headBytes, at, Math.min(bytes.length, at + HEAD_BYTES - headBytes));
        headBytes += copied;
        at += copied;
        if (headBytes < HEAD_BYTES) return;
        begin();
      }
      if (left > 0 && at === bytes.length) return;
      if (type !== TYPE.data) {
        at = takePayload(bytes, at);
        continue;
      }
      if (left > 0) at = takeData(bytes, at);
      if (left > 0) continue;
      isInFrame = false;
      on.onDataFrameEnd((flags & FLAG.endStream) !== 0);
    }
  };
}
