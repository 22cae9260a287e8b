// Writes HTTP/2 frames: those of one turn of the event loop together, and limits replies that the server does not read.

import type { Socket } from "node:net";
import { ConnectionError } from "./frames.ts";

export interface FrameWriter {
  /** Queues a frame, which is written at the end of this turn. */
  put(bytes: Buffer): void;
  /** Queues the acknowledgement of SETTINGS or PING. Throws a ConnectionError if the server reads none of them. */
  putAck(bytes: Buffer): void;
  /** Defers writing until `flush` is called. */
  cork(): void;
  flush(): void;
  /** Writes all queued frames, and destroys the connection when they are sent. */
  end(): void;
}

/** Maximum bytes of unread acknowledgements: a server could send pings and never read (CVE-2019-9512, CVE-2019-9515). */
const MAX_UNREAD_ACK_BYTES = 1_048_576;

/** Maximum time to send the last bytes, in milliseconds: the server may not read them. */
const MAX_END_MS = 1000;

const EMPTY = Buffer.alloc(0);

export function frameWriter(socket: Socket): FrameWriter {
  let pieces: Buffer[] = [];
  let ackBytes = 0;
  let isCorked = false;
  let isScheduled = false;

  const flush = () => {
    isCorked = false;
    isScheduled = false;
    if (pieces.length === 0) return;
    const bytes = pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces);
    pieces = [];
    ackBytes = 0;
    if (!socket.destroyed) socket.write(bytes);
  };
  const put = (bytes: Buffer) => {
    pieces.push(bytes);
    if (isCorked || isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  };
  return {
    put,
    putAck(bytes) {
      ackBytes += bytes.length;
      if (ackBytes + socket.writableLength > MAX_UNREAD_ACK_BYTES) {
        throw new ConnectionError("ENHANCE_YOUR_CALM", "pings or settings without end");
      }
      put(bytes);
    },
    cork() {
      isCorked = true;
    },
    flush,
    end() {
      flush();
      const timer = setTimeout(() => socket.destroy(), MAX_END_MS);
      socket.once("close", () => clearTimeout(timer));
      socket.pause().destroySoon();
    },
  };
}
