// Writes raw bytes, FIN and RST to a connection of a rude server, with timers that end with it.
import type { Socket } from "node:net";

export interface Wire {
  readonly closed: boolean;
  /** Writes bytes; a string is Latin-1, so that "\x9b" is one byte. */
  send(bytes: string | Buffer): void;
  /** Writes many or endless chunks with backpressure; `last` runs in the tick of the last write. */
  pump(chunks: Iterable<Buffer | string>, last?: () => void): void;
  /** Writes the chunks one by one at an interval in milliseconds. */
  drip(chunks: Iterable<Buffer | string>, everyMs: number, last?: () => void): void;
  /** Sends these bytes, if any, then FIN. */
  end(bytes?: string | Buffer): void;
  /** Sends RST; bytes that the kernel has not delivered are lost. */
  reset(): void;
  after(delayMs: number, act: () => void): void;
  destroy(): void;
}

/** `socket` carries the bytes; `tcp` is the socket below TLS, else the same one. */
export function wire(socket: Socket, tcp: Socket = socket): Wire {
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;
  const close = () => {
    closed = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  socket.on("close", close);
  // The client may reset at any time; the following "close" is enough.
  socket.on("error", close);

  const send = (bytes: string | Buffer): boolean => {
    if (closed || !socket.writable) return false;
    return typeof bytes === "string" ? socket.write(bytes, "latin1") : socket.write(bytes);
  };
  const after = (delayMs: number, act: () => void) => {
    if (closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  };
  /** Sends the chunks with one read ahead, so that the last one is known when it is sent. */
  const run = (
    chunks: Iterable<Buffer | string>,
    last: () => void,
    wait: (step: () => void, full: boolean) => void,
  ) => {
    const iterator = chunks[Symbol.iterator]();
    let ahead = iterator.next();
    const step = () => {
      if (closed) return;
      if (ahead.done) return last();
      const roomy = send(ahead.value);
      ahead = iterator.next();
      if (ahead.done) return last();
      wait(step, !roomy);
    };
    return step;
  };

  return {
    get closed() {
      return closed;
    },
    send,
    pump(chunks, last = () => {}) {
      // One chunk per turn of the event loop, so that a fast reader does not starve this process.
      run(chunks, last, (step, full) => (full ? socket.once("drain", () => setImmediate(step)) : setImmediate(step)))();
    },
    drip(chunks, everyMs, last = () => {}) {
      after(
        everyMs,
        run(chunks, last, (step) => after(everyMs, step)),
      );
    },
    end(bytes) {
      if (bytes !== undefined) send(bytes);
      if (!closed) socket.end();
    },
    reset() {
      close();
      // While a FIN is being sent, libuv refuses to reset, and Node keeps the socket forever.
      if (!tcp.destroyed && !tcp.writableEnded) tcp.resetAndDestroy();
      socket.destroy();
    },
    after,
    destroy() {
      close();
      socket.destroy();
    },
  };
}
