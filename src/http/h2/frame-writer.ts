// What goes out on a connection of HTTP/2: the frames of one turn together, and no more answers than the server reads.

import type { Socket } from "node:net";
import { ConnectionError } from "./frames.ts";

export interface Output {
  /** Puts a frame down, to be written at the end of this turn. */
  put(bytes: Buffer): void;
  /** Puts down the answer to a frame of the server's. Throws a ConnectionError where it reads none of them. */
  owe(bytes: Buffer): void;
  /** Leaves the writing to `flush`. */
  hold(): void;
  flush(): void;
  /** Writes what was put down, and destroys the connection once it has gone out. */
  end(): void;
}

/** What we owe a server, in bytes: acknowledgements of its settings and pings. */
const MAX_OWED_BYTES = 1_048_576;

/** How long the last bytes may take to go out: a server need not read them. */
const MAX_END_MS = 1000;

const NOTHING = Buffer.alloc(0);

export function output(socket: Socket): Output {
  let pieces: Buffer[] = [];
  let owedBytes = 0;
  let isHeld = false;
  let isDue = false;

  const flush = () => {
    isHeld = false;
    isDue = false;
    if (pieces.length === 0) return;
    const bytes = pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
    pieces = [];
    owedBytes = 0;
    if (!socket.destroyed) socket.write(bytes);
  };
  const put = (bytes: Buffer) => {
    pieces.push(bytes);
    if (isHeld || isDue) return;
    isDue = true;
    setImmediate(flush);
  };
  return {
    put,
    owe(bytes) {
      owedBytes += bytes.length;
      if (owedBytes + socket.writableLength > MAX_OWED_BYTES) {
        throw new ConnectionError("ENHANCE_YOUR_CALM", "pings or settings without end");
      }
      put(bytes);
    },
    hold() {
      isHeld = true;
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
