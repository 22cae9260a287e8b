// The streams of one connection of HTTP/2 (RFC 9113 section 5.1): which are open, and which wait until the server allows one more.

import type { FieldSection } from "./field-sections.ts";
import type { Window } from "./flow-control.ts";
import { ConnectionError, MAX_STREAM_ID } from "./frames.ts";

/** Called with what becomes of one request. After `onEnd`, `onReset`, `onUnprocessed` and `onLost` nothing more comes. */
export interface StreamListener {
  /** The request goes out. */
  onSent(): void;
  /** Headers; or what makes the answer malformed, and then nothing more comes. */
  onHeaders(section: FieldSection): void;
  /** A piece of the body, overwritten afterwards. False asks for a pause until `resume`. */
  onData(piece: Buffer): boolean;
  /** END_STREAM: the only end of a body that is whole (section 8.1). */
  onEnd(): void;
  /** The server ended the stream. */
  onReset(code: number): void;
  /** The server has not processed the request (section 8.7): it may be sent again at once. `code`: why it goes away, if it does. */
  onUnprocessed(code?: number): void;
  /** The connection is gone. */
  onLost(error: Error): void;
}

/** A request's place in a session. */
export interface Stream {
  /** The server may send more of the body. */
  resume(): void;
  /** Ends it, at whatever stage; its listener is not called any more. */
  cancel(): void;
}

export interface OpenStream extends Window {
  readonly listener: StreamListener;
  isPaused: boolean;
  /** The headers of its final answer have come. */
  isAnswered: boolean;
  /** How often the connection had been read from when this stream last got something. */
  reads: number;
}

export interface Request {
  /** Its header block. */
  readonly block: Buffer;
  readonly listener: StreamListener;
  /** Once it has been sent. */
  open?: OpenStream;
}

export interface Streams {
  readonly openCount: number;
  /** Whether another request would be sent at once. */
  readonly hasRoom: boolean;
  all(): OpenStream[];
  isOpen(one: OpenStream): boolean;
  /** The stream of a frame; undefined where it is over. Throws a ConnectionError for one that never began. */
  of(id: number): OpenStream | undefined;
  add(request: Request): void;
  /** Takes one out, and sends what waits. Returns whether it was open. */
  remove(one: OpenStream): boolean;
  /** Takes out one that waits. */
  withdraw(request: Request): void;
  /** The server allows so many at a time from now on. */
  allow(maxStreams: number): void;
  /** No others begin. Those that wait were not processed. */
  stop(): void;
  /** Forgets all. Returns the open ones, and those that waited. */
  clear(): { readonly open: readonly OpenStream[]; readonly waiting: readonly Request[] };
}

export interface StreamsOptions {
  readonly firstId: number;
  /** What a server may send of each at first. */
  readonly windowBytes: number;
  send(one: OpenStream, block: Buffer): void;
  /** There are no more ids (section 5.1.1). */
  onExhausted(): void;
}

/** As many streams as section 6.5.2 wants servers to allow at least; also until they say how many. */
export const MAX_STREAMS = 100;

export function streams({ firstId, windowBytes, send, onExhausted }: StreamsOptions): Streams {
  const open = new Map<number, OpenStream>();
  const waiting: Request[] = [];
  let most = MAX_STREAMS;
  let nextId = firstId;
  let isStopped = false;

  const start = () => {
    while (!isStopped && open.size < most) {
      const request = waiting.shift();
      if (request === undefined) return;
      const { block, listener } = request;
      const one: OpenStream = {
        id: nextId,
        listener,
        windowBytes,
        isPaused: false,
        isAnswered: false,
        reads: 0,
      };
      nextId += 2;
      request.open = one;
      open.set(one.id, one);
      send(one, block);
      if (nextId > MAX_STREAM_ID) onExhausted();
    }
    // Elsewhere there may be room. One waits, for a server that allows none at the moment.
    while (waiting.length > 0 && open.size + waiting.length > Math.max(1, most)) {
      waiting.pop()?.listener.onUnprocessed();
    }
  };

  return {
    get openCount() {
      return open.size;
    },
    get hasRoom() {
      return !isStopped && open.size + waiting.length < Math.max(1, most);
    },
    all: () => [...open.values()],
    isOpen: (one) => open.get(one.id) === one,
    of(id) {
      const one = open.get(id);
      if (one === undefined && (id % 2 === 0 || id < firstId || id >= nextId)) {
        throw new ConnectionError("PROTOCOL_ERROR", `a frame of stream ${id}, which is idle`);
      }
      return one;
    },
    add(request) {
      if (isStopped) return request.listener.onUnprocessed();
      waiting.push(request);
      start();
    },
    remove(one) {
      if (open.get(one.id) !== one) return false;
      open.delete(one.id);
      start();
      return true;
    },
    withdraw(request) {
      const at = waiting.indexOf(request);
      if (at >= 0) waiting.splice(at, 1);
    },
    allow(maxStreams) {
      most = Math.min(MAX_STREAMS, maxStreams);
      start();
    },
    stop() {
      isStopped = true;
      for (const { listener } of waiting.splice(0)) listener.onUnprocessed();
    },
    clear() {
      isStopped = true;
      const all = { open: [...open.values()], waiting: waiting.splice(0) };
      open.clear();
      return all;
    },
  };
}
