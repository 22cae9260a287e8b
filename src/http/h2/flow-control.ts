// Flow control of HTTP/2 (RFC 9113 section 5.2): what a server may still send, of each body and in all.

import { ConnectionError, frame, number32, TYPE } from "./frames.ts";

/** What the server may send of one body before the disk has taken it, in bytes: enough for 10 MB/s at 100 ms. */
const STREAM_WINDOW = 1_048_576;
/** Where bytes have a speed, what arrives before it is read has to be little: so many reads, but a frame at least. */
const HELD_READS = 2;
const LEAST_WINDOW = 16_384;

/**
 * Of all bodies of a connection. It is given back as bytes arrive, not as the disk takes them: bodies that wait for a slow
 * disk must not hold up others, which would then fail as too slow.
 */
const CONNECTION_WINDOW = 8_388_608;
/** The window of a connection before anything is said (section 6.9.2). */
const INITIAL_WINDOW = 65_535;

/** The window of one stream. */
export interface Window {
  readonly id: number;
  /** What the server may still send, in bytes. */
  windowBytes: number;
}

export interface FlowControl {
  /** What a server may send of one body at first. */
  readonly streamBytes: number;
  /** Opens the connection's window. */
  begin(): void;
  /** DATA has come: its whole payload counts. `of`: undefined where the stream is over. Throws a ConnectionError. */
  received(of: Window | undefined, bytes: number): void;
  /** What came of a stream has been handed on: the server may send as much again. */
  credit(of: Window): void;
  /** We have ended a stream: what the server sent before it knows may still come. */
  ended(of: Window): void;
}

/** `readBytes`: how much is read of a body at once, where bytes have a speed. */
export function flowControl(put: (bytes: Buffer) => void, readBytes: number | undefined): FlowControl {
  const heldBytes = readBytes === undefined ? STREAM_WINDOW : Math.max(LEAST_WINDOW, readBytes * HELD_READS);
  const streamBytes = Math.min(STREAM_WINDOW, heldBytes);
  let windowBytes = CONNECTION_WINDOW;
  /** What may still come of streams that we have ended. */
  let lateBytes = 0;

  return {
    streamBytes,
    begin: () => put(frame(TYPE.windowUpdate, 0, 0, number32(CONNECTION_WINDOW - INITIAL_WINDOW))),
    received(of, bytes) {
      windowBytes -= bytes;
      if (windowBytes < 0) throw new ConnectionError("FLOW_CONTROL_ERROR", "more than the connection's window");
      if (of !== undefined) {
        of.windowBytes -= bytes;
        if (of.windowBytes < 0) throw new ConnectionError("FLOW_CONTROL_ERROR", "more than a stream's window");
      } else {
        lateBytes -= bytes;
        if (lateBytes < 0) throw new ConnectionError("STREAM_CLOSED", "a body that goes on after its end");
      }
      const missing = CONNECTION_WINDOW - windowBytes;
      if (missing < CONNECTION_WINDOW / 4) return;
      put(frame(TYPE.windowUpdate, 0, 0, number32(missing)));
      windowBytes += missing;
    },
    credit(of) {
      const missing = streamBytes - of.windowBytes;
      if (missing < streamBytes / 2) return;
      put(frame(TYPE.windowUpdate, 0, of.id, number32(missing)));
      of.windowBytes += missing;
    },
    ended(of) {
      lateBytes += of.windowBytes;
    },
  };
}
