// One connection of HTTP/2 (RFC 9113): what each frame means for its streams, and how both sides end it.

import type { Socket } from "node:net";
import { fieldSections } from "./field-sections.ts";
import { flowControl } from "./flow-control.ts";
import { frameOrder } from "./frame-order.ts";
import { frameReader } from "./frame-reader.ts";
import { output } from "./frame-writer.ts";
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
  /** Whether another stream may begin now. */
  readonly hasRoom: boolean;
  request(block: Buffer, listener: StreamListener): Stream;
  /** Takes what arrived. */
  read(bytes: Buffer): void;
  /** The connection is gone. */
  lost(error: Error): void;
  /** Ends the connection; no listener is called any more. */
  close(): void;
}

export interface SessionOptions {
  /** It has ended, or takes no more streams; called once. */
  readonly onOver: () => void;
  /** The server has said how many streams it allows at a time, or says otherwise. */
  readonly onLimit: (maxStreams: number) => void;
  /** How much is read of a body at once, where bytes have a speed. */
  readonly readBytes?: number | undefined;
  /** The id of its first stream. Default: 1. */
  readonly firstId?: number;
}

/** A session over a socket on which TLS has agreed on h2. */
export function http2Session(socket: Socket, options: SessionOptions): Http2Session {
  const out = output(socket);
  const flow = flowControl(out.put, options.readBytes);
  const order = frameOrder();
  /** Leaving: the streams that are open go on, and no others begin (section 6.8). */
  let state: "open" | "leaving" | "over" = "open";
  let server = INITIAL;
  let mustEmptyTable = false;
  let reads = 0;
  let isReading = false;
  /** A stream was given up, and nothing had come since it last got something: the server may be dead. */
  let isDoubted = false;
  let current: OpenStream | undefined; // whose DATA is arriving

  const leave = () => {
    if (state !== "open") return;
    state = "leaving";
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
    onExhausted: leave,
  });
  const end = (tell?: (listener: StreamListener) => void, close: () => void = () => socket.destroy()) => {
    if (state === "over") return;
    const wasOpen = state === "open";
    state = "over";
    const { open, waiting } = all.clear();
    if (wasOpen) options.onOver();
    close();
    if (tell === undefined) return;
    for (const { listener } of open) tell(listener);
    for (const { listener } of waiting) listener.onUnprocessed();
  };
  /** Called before the listener is, which may begin another. */
  const remove = (one: OpenStream) => {
    all.remove(one);
    if (state === "leaving" && all.openCount === 0) end();
  };
  const reset = (one: OpenStream, code: Code) => {
    out.put(rstStream(one.id, code));
    flow.ended(one);
    remove(one);
  };
  const refuse = (one: OpenStream, malformed: string, status?: number) => {
    reset(one, "PROTOCOL_ERROR");
    one.listener.onHeaders({ fields: "", status, malformed });
  };
  const streamOf = (id: number) => {
    const one = all.of(id);
    if (one !== undefined) one.reads = reads;
    return one;
  };
  const ended = (one: OpenStream) => {
    remove(one);
    one.listener.onEnd();
  };
  /** Asks a server that may be dead, and sends it no requests until it says anything. */
  const doubt = (one: OpenStream) => {
    if (isReading || isDoubted || one.reads !== reads) return;
    isDoubted = true;
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
      if (one.isAnswered) order.useful();
      one.listener.onHeaders(section);
    }
    if (isEnd && all.isOpen(one)) ended(one);
  });

  const take = frameReader({
    onHead: (type) => order.next(type, sections.isOpen),
    onFrame(type, flags, id, payload) {
      if (type === TYPE.headers) sections.begin(id, flags, payload);
      else if (type === TYPE.continuation) sections.goOn(id, flags, payload);
      else if (type === TYPE.settings) onSettings(flags, payload);
      else if (type === TYPE.goaway) onGoaway(payload.readUInt32BE(0) & MAX_STREAM_ID, payload.readUInt32BE(4));
      else if (type === TYPE.rstStream) onReset(id, payload.readUInt32BE(0));
      else if (type === TYPE.pushPromise) throw new ConnectionError("PROTOCOL_ERROR", "a push, which is not allowed");
      else if (type === TYPE.ping && (flags & FLAG.ack) === 0) out.owe(frame(TYPE.ping, FLAG.ack, 0, payload));
      // WINDOW_UPDATE is for bodies of requests; other types are ignored (section 5.5).
    },
    onDataFrame(id, length) {
      current = streamOf(id);
      flow.received(current, length);
      if (current === undefined || current.isAnswered) return;
      refuse(current, "a body before its headers");
    },
    onData(piece) {
      if (current === undefined || !all.isOpen(current)) return;
      order.useful();
      current.reads = reads;
      if (!current.listener.onData(piece)) current.isPaused = true;
    },
    onDataFrameEnd(isEnd) {
      const one = current;
      current = undefined;
      if (one === undefined || !all.isOpen(one)) return;
      if (isEnd) ended(one);
      else if (!one.isPaused) flow.credit(one);
    },
  });

  const onSettings = (flags: number, payload: Buffer) => {
    const latest = readSettings(flags, payload, server);
    if (latest === undefined) return;
    const { maxStreams, headerTableBytes } = server;
    server = latest;
    // Section 4.3.1: the next block has to say that the table became smaller.
    if (latest.headerTableBytes < headerTableBytes) mustEmptyTable = true;
    out.owe(frame(TYPE.settings, FLAG.ack, 0));
    if (latest.maxStreams === undefined || latest.maxStreams === maxStreams) return;
    options.onLimit(latest.maxStreams);
    all.allow(latest.maxStreams);
  };
  const onGoaway = (lastId: number, code: number) => {
    leave();
    for (const one of all.all()) {
      if (one.id <= lastId || !all.isOpen(one)) continue;
      flow.ended(one);
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
      return state === "open" && !isDoubted && all.hasRoom;
    },
    request(block, listener) {
      const request: Request = { block, listener };
      all.add(request);
      return {
        resume() {
          const one = request.open;
          if (one === undefined || !all.isOpen(one)) return;
          one.isPaused = false;
          flow.credit(one);
        },
        cancel() {
          const one = request.open;
          if (one === undefined) return all.withdraw(request);
          if (!all.isOpen(one)) return;
          doubt(one);
          reset(one, "CANCEL");
        },
      };
    },
    read(bytes) {
      if (state === "over") return;
      reads++;
      isDoubted = false;
      isReading = true;
      out.hold();
      try {
        take(bytes);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        out.put(goaway(error.code));
        end((listener) => listener.onLost(error), out.end);
      } finally {
        isReading = false;
        out.flush();
      }
    },
    lost: (error) => end((listener) => listener.onLost(error)),
    close: () => end(),
  };
}
