// An HTTP/2 session on one connection (RFC 9113): dispatches frames to streams, and handles settings, GOAWAY and errors.

import type { Socket } from "node:net";
import { fieldSections } from "./field-sections.ts";
import { flowControl } from "./flow-control.ts";
import { frameOrder } from "./frame-order.ts";
import { frameReader } from "./frame-reader.ts";
import { frameWriter } from "./frame-writer.ts";
import {
  type Code,
  ConnectionError,
  FLAG,
  frame,
  goaway,
  MAX_STREAM_ID,
  requestFrames,
  rstStream,
  TYPE,
} from "./frames.ts";
import { EMPTY_TABLE } from "./hpack.ts";
import { INITIAL, preface, readSettings } from "./settings.ts";
import { type OpenStream, type Request, type Stream, type StreamListener, streams } from "./streams.ts";

export interface Http2Session {
  /** Whether another stream can be opened now. */
  readonly hasRoom: boolean;
  request(block: Buffer, listener: StreamListener): Stream;
  /** Parses received bytes. */
  read(bytes: Buffer): void;
  /** The connection has ended. */
  onLost(error: Error): void;
  /** Closes the connection; no listener is called any more. */
  close(): void;
}

export interface SessionOptions {
  /** The session has ended, or accepts no more streams; called once. */
  readonly onOver: () => void;
  /** The server has sent or changed its maximum number of concurrent streams. */
  readonly onLimit: (maxStreams: number) => void;
  /** Maximum bytes of one read of a body, if a maximum speed is set. */
  readonly readBytes?: number | undefined;
  /** The id of the first stream. Default: 1. */
  readonly firstId?: number;
}

/** Starts a session on a socket for which ALPN has selected h2. */
export function http2Session(socket: Socket, options: SessionOptions): Http2Session {
  const out = frameWriter(socket);
  const flow = flowControl(out.put, options.readBytes);
  const order = frameOrder();
  /** "draining": open streams continue, and no others are opened (section 6.8). */
  let state: "open" | "draining" | "over" = "open";
  let server = INITIAL;
  let mustEmptyTable = false;
  let reads = 0;
  let isReading = false;
  /** A stream was cancelled while nothing arrived: the server may be dead, and PING was sent. No streams are opened until it answers. */
  let isProbing = false;
  let current: OpenStream | undefined; // the stream of the current DATA frame

  const drain = () => {
    if (state !== "open") return;
    state = "draining";
    options.onOver();
    all.stop();
  };
  const all = streams({
    firstId: options.firstId ?? 1,
    windowBytes: flow.streamBytes,
    send(one, block) {
      one.reads = reads;
      out.put(requestFrames(one.id, mustEmptyTable ? Buffer.concat([EMPTY_TABLE, block]) : block));
      mustEmptyTable = false;
      one.listener.onSent();
    },
    onExhausted: drain,
  });
  const end = (notify?: (listener: StreamListener) => void, close: () => void = () => socket.destroy()) => {
    if (state === "over") return;
    const wasOpen = state === "open";
    state = "over";
    const { open, waiting } = all.clear();
    if (wasOpen) options.onOver();
    close();
    if (notify === undefined) return;
    for (const { listener } of open) notify(listener);
    for (const { listener } of waiting) listener.onUnprocessed();
  };
  /** Called before the listener of the stream, which may open another one. */
  const remove = (one: OpenStream) => {
    all.remove(one);
    if (state === "draining" && all.openCount === 0) end();
  };
  const reset = (one: OpenStream, code: Code) => {
    out.put(rstStream(one.id, code));
    flow.onReset(one);
    remove(one);
  };
  const refuse = (one: OpenStream, malformed: string, status?: number) => {
    reset(one, "PROTOCOL_ERROR");
    one.listener.onHeaders({ fields: "", status, malformed });
  };
  const streamOf = (id: number) => {
    const one = all.find(id);
    if (one !== undefined) one.reads = reads;
    return one;
  };
  const complete = (one: OpenStream) => {
    remove(one);
    one.listener.onEnd();
  };
  /** Sends PING if nothing has arrived since the last event of a cancelled stream (section 6.7). */
  const probe = (one: OpenStream) => {
    if (isReading || isProbing || one.reads !== reads) return;
    isProbing = true;
    out.put(frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
  };

  const sections = fieldSections((id, section, isEnd) => {
    const one = streamOf(id);
    if (one === undefined) return;
    const { status, malformed } = section;
    if (malformed !== undefined) return refuse(one, malformed, status);
    if (one.isAnswered) {
      if (!isEnd || status !== undefined) return refuse(one, "trailers that are none");
    } else {
      if (status === undefined) return refuse(one, "an answer without a status");
      if (status < 200 && isEnd) return refuse(one, "an end without an answer", status);
      one.isAnswered = status >= 200;
      if (one.isAnswered) order.onProgress();
      one.listener.onHeaders(section);
    }
    if (isEnd && all.isOpen(one)) complete(one);
  });

  const parse = frameReader({
    onHead: (type) => order.onFrame(type, sections.isOpen),
    onFrame(type, flags, id, payload) {
      if (type === TYPE.headers) sections.onHeadersFrame(id, flags, payload);
      else if (type === TYPE.continuation) sections.onContinuationFrame(id, flags, payload);
      else if (type === TYPE.settings) onSettings(flags, payload);
      else if (type === TYPE.goaway) onGoaway(payload.readUInt32BE(0) & MAX_STREAM_ID, payload.readUInt32BE(4));
      else if (type === TYPE.rstStream) onReset(id, payload.readUInt32BE(0));
      else if (type === TYPE.pushPromise) throw new ConnectionError("PROTOCOL_ERROR", "a push, which is not allowed");
      else if (type === TYPE.ping && (flags & FLAG.ack) === 0) out.putAck(frame(TYPE.ping, FLAG.ack, 0, payload));
      // WINDOW_UPDATE concerns bodies of requests, of which there are none; unknown types are ignored (section 5.5).
    },
    onDataFrame(id, length) {
      current = streamOf(id);
      flow.onData(current, length);
      if (current === undefined || current.isAnswered) return;
      refuse(current, "a body before its headers");
    },
    onData(piece) {
      if (current === undefined || !all.isOpen(current)) return;
      order.onProgress();
      current.reads = reads;
      if (!current.listener.onData(piece)) current.isPaused = true;
    },
    onDataFrameEnd(isEnd) {
      const one = current;
      current = undefined;
      if (one === undefined || !all.isOpen(one)) return;
      if (isEnd) complete(one);
      else if (!one.isPaused) flow.onConsumed(one);
    },
  });

  const onSettings = (flags: number, payload: Buffer) => {
    const latest = readSettings(flags, payload, server);
    if (latest === undefined) return;
    const { maxStreams, headerTableBytes } = server;
    server = latest;
    // Section 4.3.1: the next header block must confirm a smaller table.
    if (latest.headerTableBytes < headerTableBytes) mustEmptyTable = true;
    out.putAck(frame(TYPE.settings, FLAG.ack, 0));
    if (latest.maxStreams === undefined || latest.maxStreams === maxStreams) return;
    options.onLimit(latest.maxStreams);
    all.setLimit(latest.maxStreams);
  };
  /** Section 6.8. nginx sends it after `keepalive_requests` (1,000), while later streams are already on their way (golang/go#18112). */
  const onGoaway = (lastId: number, code: number) => {
    drain();
    for (const one of all.all()) {
      if (one.id <= lastId || !all.isOpen(one)) continue;
      flow.onReset(one);
      remove(one);
      one.listener.onUnprocessed(code);
    }
    if (all.openCount === 0) end();
  };
  const onReset = (id: number, code: number) => {
    const one = streamOf(id);
    if (one === undefined) return;
    remove(one);
    one.listener.onReset(code);
  };

  out.put(preface(flow.streamBytes));
  flow.begin();

  return {
    get hasRoom() {
      return state === "open" && !isProbing && all.hasRoom;
    },
    request(block, listener) {
      const request: Request = { block, listener };
      all.add(request);
      return {
        resume() {
          const one = request.open;
          if (one === undefined || !all.isOpen(one)) return;
          one.isPaused = false;
          flow.onConsumed(one);
        },
        cancel() {
          const one = request.open;
          if (one === undefined) return all.withdraw(request);
          if (!all.isOpen(one)) return;
          probe(one);
          reset(one, "CANCEL");
        },
      };
    },
    read(bytes) {
      if (state === "over") return;
      reads++;
      isProbing = false;
      isReading = true;
      out.cork();
      try {
        parse(bytes);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        out.put(goaway(error.code));
        end((listener) => listener.onLost(error), out.end);
      } finally {
        isReading = false;
        out.flush();
      }
    },
    onLost: (error) => end((listener) => listener.onLost(error)),
    close: () => end(),
  };
}
