// The streams of an HTTP/2 session (RFC 9113 section 5.1): open ones, and requests that wait for the server's stream limit.

import type { FieldSection } from "./field-sections.ts";
import type { Window } from "./flow-control.ts";
import { ConnectionError, MAX_STREAM_ID } from "./frames.ts";

/** Receives the events of one request. `onEnd`, `onReset`, `onUnprocessed` and `onLost` are the last one. */
export interface StreamListener {
  /** The request is sent. */
  onSent(): void;
  /** A header block; if it is malformed, this is the last event. */
  onHeaders(section: FieldSection): void;
  /** A piece of the body, which is overwritten after the call. Returns false for a pause until `resume`. */
  onData(piece: Buffer): boolean;
  /** END_STREAM: the answer is complete (section 8.1). */
  onEnd(): void;
  /** RST_STREAM from the server. */
  onReset(code: number): void;
  /** The server has not processed the request (section 8.7): it may be repeated at once. `code`: that of GOAWAY, if any. */
  onUnprocessed(code?: number): void;
  /** The connection has ended. */
  onLost(error: Error): void;
}

/** A request in a session. */
export interface Stream {
  /** Lets the server send more of the body. */
  resume(): void;
  /** Ends the request in any state; its listener is not called any more. */
  cancel(): void;
}

export interface OpenStream extends Window {
  readonly listener: StreamListener;
  isPaused: boolean;
  /** The headers of the final answer have arrived. */
  isAnswered: boolean;
  /** The number of reads of the connection at the last event of this stream. */
  reads: number;
}

export interface Request {
  /** The header block. */
  readonly block: Buffer;
  readonly listener: StreamListener;
  /** The stream, once the request is sent. */
  open?: OpenStream;
}

export interface Streams {
  readonly openCount: number;
  /** Whether another request is sent at once. */
  readonly hasRoom: boolean;
  all(): OpenStream[];
  isOpen(one: OpenStream): boolean;
  /** Returns the stream of a frame; undefined if it is closed. Throws a ConnectionError if it is idle. */
  find(id: number): OpenStream | undefined;
  add(request: Request): void;
  /** Removes a stream, and sends waiting requests. Returns whether it was open. */
  remove(one: OpenStream): boolean;
  /** Removes a waiting request. */
  withdraw(request: Request): void;
  /** Sets the server's maximum number of concurrent streams. */
  setLimit(maxStreams: number): void;
  /** Opens no more streams. Waiting requests end as unprocessed. */
  stop(): void;
  /** Removes all. Returns the open streams, and the waiting requests. */
  clear(): { readonly open: readonly OpenStream[]; readonly waiting: readonly Request[] };
}

export interface StreamsOptions {
  readonly firstId: number;
  /** The initial window of each stream, in bytes. */
  readonly windowBytes: number;
  send(one: OpenStream, block: Buffer): void;
  /** The stream ids are exhausted (section 5.1.1). */
  onExhausted(): void;
}

/** Maximum number of concurrent streams, also until the server sends its own: section 6.5.2 asks servers to allow at least 100. */
export const MAX_STREAMS = 100;

export function streams({ firstId, windowBytes, send, onExhausted }: StreamsOptions): Streams {
  const open = new Map<number, OpenStream>();
  const waiting: Request[] = [];
  let limit = MAX_STREAMS;
  let nextId = firstId;
  let isStopped = false;

  const start = () => {
    while (!isStopped && open.size < limit) {
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
    // The others go to another connection. One request waits, for a server that allows no stream at the moment.
    while (waiting.length > 0 && open.size + waiting.length > Math.max(1, limit)) {
      waiting.pop()?.listener.onUnprocessed();
    }
  };

  return {
    get openCount() {
      return open.size;
    },
    get hasRoom() {
      return !isStopped && open.size + waiting.length < Math.max(1, limit);
    },
    all: () => [...open.values()],
    isOpen: (one) => open.get(one.id) === one,
    find(id) {
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
    setLimit(maxStreams) {
      limit = Math.min(MAX_STREAMS, maxStreams);
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
