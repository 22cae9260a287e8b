// Parses HTTP/2 frames (RFC 9113 sections 4.1 and 6), whatever pieces they arrive in.

import { ConnectionError, FLAG, HEAD_BYTES, MAX_PAYLOAD_BYTES, MAX_STREAM_ID, TYPE } from "./frames.ts";

export interface FrameListener {
  /** The header of a frame has arrived. */
  onHead(type: number): void;
  /** A whole frame of any type but DATA. Its payload is overwritten after the call. */
  onFrame(type: number, flags: number, stream: number, payload: Buffer): void;
  /** A DATA frame begins: `length` bytes of payload, including padding, count against the windows. */
  onDataFrame(stream: number, length: number): void;
  /** A piece of a DATA frame without padding; it is overwritten after the call. */
  onData(piece: Buffer): void;
  /** A DATA frame ends, and with `isEnd` its stream. */
  onDataFrameEnd(isEnd: boolean): void;
}

/** By type: minimum and maximum bytes of payload; whether a frame belongs to a stream, to the connection (false), or to either. */
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

/** Returns a function that parses received bytes. It throws a ConnectionError, and whatever the listener throws. */
export function frameReader(on: FrameListener): (bytes: Buffer) => void {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  let headBytes = 0;
  /** A payload that is incomplete so far. */
  let pieces: Buffer[] = [];
  let type = 0;
  let flags = 0;
  let stream = 0;
  /** Bytes of the current payload that are still to come, including padding. */
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
    const [minBytes, maxBytes, isOfStream] = BOUNDS[type] ?? NO_BOUNDS;
    if (left < minBytes || left > maxBytes) throw new ConnectionError("FRAME_SIZE_ERROR", `a frame of ${left} bytes`);
    if (isOfStream !== undefined && isOfStream !== stream > 0) {
      throw new ConnectionError("PROTOCOL_ERROR", `a frame of type ${type} on stream ${stream}`);
    }
    if (type !== TYPE.data) return;
    isPadKnown = (flags & FLAG.padded) === 0;
    if (!isPadKnown && left === 0) throw new ConnectionError("FRAME_SIZE_ERROR", "a padded frame without its padding");
    on.onDataFrame(stream, left);
  };
  /** Parses a piece of the payload of a DATA frame. Returns the index after it. */
  const readData = (bytes: Buffer, from: number): number => {
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
  /** Collects a piece of the payload of another frame, and emits the frame once it is complete. Returns the index after it. */
  const readPayload = (bytes: Buffer, from: number): number => {
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
        at = readPayload(bytes, at);
        continue;
      }
      if (left > 0) at = readData(bytes, at);
      if (left > 0) continue;
      isInFrame = false;
      on.onDataFrameEnd((flags & FLAG.endStream) !== 0);
    }
  };
}
