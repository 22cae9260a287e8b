// One connection: carries one request at a time, and knows whether it may carry another.

import type { Socket } from "node:net";
import type { Failure } from "../../core/failure.ts";
import type { ListNode } from "../../core/structures/linked-list.ts";
import { type ConnectTiming, connectTiming } from "../connect/connect-timing.ts";
import type { Destination, Open } from "../connect/connector.ts";
import type { HeadRoom } from "./partial-header-block.ts";
import { GARBAGE, type ParserListener, responseParser } from "./response-parser.ts";
import type { Send } from "./write-batcher.ts";

/** A GET: its path, or whole URL where a proxy wants that; and its header lines, each with its line end. */
export interface Request {
  readonly path: string;
  readonly fields: string;
  /** Told of the header lines of its final answer, whatever the status. */
  readonly heard?: (fields: string) => void;
}

/** What a request and its answer tell of themselves. Times and limits are the caller's. */
export interface Handler extends ParserListener {
  /** A connection is being opened for this request; with no steps, it shares one that is open. */
  onOpening(steps: ConnectTiming | undefined): void;
  /** It is there, and the request goes out. */
  onConnect(): void;
  /** The connection failed, or ended before the answer did. */
  onError(error: Error): void;
  /** The server has not processed the request, as far as can be known: it may be sent again at once. */
  onUnprocessed(): void;
  /** The answer cannot be read on. */
  onFailure(failure: Failure): void;
}

/** Where requests of one kind go: connections are shared by what has the same key. */
export interface Route extends Destination {
  readonly key: string;
}

/** A place for one request at a time: a connection of its own, or a share in one. */
export interface Connection {
  readonly route: Route;
  /** Whether it has carried a request before: such a one may have been closed by the server meanwhile. */
  isReused(): boolean;
  /** Whether it may carry another. */
  isIdle(): boolean;
  /** Sends a request. Opens the connection first, if it is new. */
  send(request: Request, handler: Handler): void;
  /** Reads on, after a pause that the handler asked for. */
  resume(): void;
  /** Gives it back, when the answer is complete. */
  release(): void;
  /** Drops it, at whatever stage; the request under way hears nothing more. */
  drop(): void;
}

/** What stays open between requests. */
export interface Lasting extends ListNode<Lasting> {
  /** Since when nobody uses it, in milliseconds of `performance.now()`; of no meaning while somebody does. */
  idleSinceMs: number;
  drop(): void;
}

/** A connection for one request after the other. */
export type Own = Connection & Lasting;

/** Whose connection it is. */
export interface Owner {
  readonly open: Open;
  readonly put: Send;
  readonly heads: HeadRoom;
  released(one: Own): void;
  /** It is over; called once. */
  dropped(one: Own): void;
}

/** A connection that is opened when its first request is sent. */
export function connection({ open, put, heads, released, dropped }: Owner, route: Route): Own {
  const answers = responseParser(heads);
  let socket: Socket | undefined;
  let cancelOpening: (() => void) | undefined;
  let handler: Handler | undefined;
  let requests = 0;
  /** A request that waits for its turn to be written. */
  let unsent: string | undefined;
  let isPaused = false;
  let isOver = false;

  const drop = () => {
    if (isOver) return;
    isOver = true;
    handler = undefined;
    dropped(one);
    answers.drop();
    cancelOpening?.();
    socket?.destroy();
  };
  /** It is over, and so is whatever was under way. */
  const lost = (error: Error) => {
    const listener = handler;
    drop();
    listener?.onError(error);
  };
  const outgoing = {
    write() {
      const text = unsent;
      unsent = undefined;
      if (text !== undefined && socket?.destroyed === false) socket.write(text, "latin1");
    },
  };
  const write = ({ path, fields }: Request, listener: Handler) => {
    requests++;
    answers.expect(listener);
    listener.onConnect();
    unsent = `GET ${path} HTTP/1.1\r\n${fields}\r\n`;
    put(outgoing);
  };
  const read = (bytes: Buffer, isOurs: boolean) => {
    const listener = handler;
    if (isOver) return;
    if (listener === undefined) return drop(); // nobody has asked for it
    // Nor for this: it came after the answer before, and would be taken for that of a request which is still to be sent.
    if (unsent !== undefined && requests > 1) return lost(ended("closed"));
    const goOn = answers.take(bytes, isOurs);
    if (typeof goOn === "object") {
      drop();
      // It may be the rest of what was sent unasked after the answer before, and no answer to this request.
      if (goOn === GARBAGE && requests > 1) listener.onUnprocessed();
      else listener.onFailure(goOn);
    } else if (answers.isOver()) {
      if (handler === listener) handler = undefined;
    } else if (!goOn && !isOver && handler === listener) {
      isPaused = true;
      socket?.pause();
    }
  };
  const onEnd = () => {
    if (socket !== undefined && route.unixSocket === undefined && wasReset(socket)) lost(ended("reset"));
    else if (answers.finish()) drop();
    else lost(ended("closed"));
  };

  const one: Own = {
    route,
    idleSinceMs: 0,
    list: undefined,
    prevNode: undefined,
    nextNode: undefined,
    isReused: () => requests > 1,
    isIdle: () => !isOver && socket !== undefined && !socket.destroyed && answers.isReusable(),
    send(request, listener) {
      handler = listener;
      if (socket !== undefined) return write(request, listener);
      const steps = connectTiming();
      listener.onOpening(steps);
      cancelOpening = open(route, {
        steps,
        read,
        done(error, made) {
          cancelOpening = undefined;
          if (isOver) return void made?.destroy();
          if (made === null) return lost(error ?? ended("closed"));
          socket = made.on("end", onEnd).on("error", lost);
          made.on("close", () => lost(ended("closed")));
          write(request, listener);
        },
      });
    },
    resume() {
      if (!isPaused || isOver) return;
      isPaused = false;
      socket?.resume();
    },
    release: () => released(one),
    drop,
  };
  return one;
}

/**
 * Whether a connection that Node says has ended was in truth reset. libuv reports a reset that comes together with data
 * as an orderly end; the kernel no longer knows a peer then (getpeername fails), as it still does after a FIN.
 * Node keeps the first answer it gets: nobody may ask for the address before. A Unix socket has none.
 */
export function wasReset(socket: Socket): boolean {
  return socket.remoteAddress === undefined;
}

export function ended(how: "closed" | "reset"): Error {
  return Object.assign(new Error(`the connection was ${how}`), { code: "ECONNRESET" });
}
