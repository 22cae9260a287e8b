// Flow control of HTTP/2 (RFC 9113 section 5.2): how much a server may send, per stream and per connection.

import { ConnectionError, frame, TYPE, uint32 } from "./frames.ts";

/** Window of a stream, in bytes: enough for 10 MB/s at a round-trip time of 100 ms. */
const STREAM_WINDOW_BYTES = 1_048_576;
/** With a maximum speed, the window of a stream is this many reads, but at least one frame: little arrives before its turn. */
const LIMITED_WINDOW_READS = 2;
const MIN_WINDOW_BYTES = 16_384;

/**
 * Window of a connection, in bytes. It is updated when bytes arrive, not when they are written: streams that wait for a slow
 * disk must not stop the others, which would then fail as too slow.
 */
const CONNECTION_WINDOW_BYTES = 8_388_608;
/** Initial window of a connection, in bytes (section 6.9.2). */
const INITIAL_WINDOW_BYTES = 65_535;

/** The window of one stream. */
export interface Window {
  readonly id: number;
  /** How much the server may still send, in bytes. */
  windowBytes: number;
}

export interface FlowControl {
  /** The initial window of a stream, in bytes. */
  readonly streamBytes: number;
  /** Enlarges the window of the connection. */
  begin(): void;
  /** A DATA frame has arrived; its whole payload counts. `of`: undefined if the stream is closed. Throws a ConnectionError. */
  onData(of: Window | undefined, bytes: number): void;
  /** The received bytes of a stream have been consumed: updates its window. */
  onConsumed(of: Window): void;
  /** The client has reset a stream: frames within its window may still arrive. */
  onReset(of: Window): void;
}

/** `readBytes`: maximum bytes of one read of a body, if a maximum speed is set. */
export function flowControl(put: (bytes: Buffer) => void, readBytes: number | undefined): FlowControl {
  const limitedBytes =
    readBytes === undefined ? STREAM_WINDOW_BYTES : Math.max(MIN_WINDOW_BYTES, readBytes * LIMITED_WINDOW_READS);
  const streamBytes = Math.min(STREAM_WINDOW_BYTES, limitedBytes);
  let windowBytes = CONNECTION_WINDOW_BYTES;
  /** Bytes that may still arrive for streams that the client has reset. */
  let lateBytes = 0;

  return {
    streamBytes,
    begin: () => put(frame(TYPE.windowUpdate, 0, 0, uint32(CONNECTION_WINDOW_BYTES - INITIAL_WINDOW_BYTES))),
    onData(of, bytes) {
      windowBytes -= bytes;
      if (windowBytes < 0) throw new ConnectionError("FLOW_CONTROL_ERROR", "more than the connection's window");
      if (of !== undefined) {
        of.windowBytes -= bytes;
        if (of.windowBytes < 0) throw new ConnectionError("FLOW_CONTROL_ERROR", "more than a stream's window");
      } else {
        lateBytes -= bytes;
        if (lateBytes < 0) throw new ConnectionError("STREAM_CLOSED", "a body that goes on after its end");
      }
      const missing = CONNECTION_WINDOW_BYTES - windowBytes;
      if (missing < CONNECTION_WINDOW_BYTES / 4) return;
      put(frame(TYPE.windowUpdate, 0, 0, uint32(missing)));
      windowBytes += missing;
    },
    onConsumed(of) {
      const missing = streamBytes - of.windowBytes;
      if (missing < streamBytes / 2) return;
      put(frame(TYPE.windowUpdate, 0, of.id, uint32(missing)));
      of.windowBytes += missing;
    },
    onReset(of) {
      lateBytes += of.windowBytes;
    },
  };
}
