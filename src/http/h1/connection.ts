// An HTTP/1.1 connection: sends one request at a time, passes on the answer, and can be reused after it.

import type { Socket } from "node:net";
import type { Failure } from "../../core/failure.ts";
import type { ListNode } from "../../core/structures/linked-list.ts";
import { type ConnectTiming, connectTiming } from "../connect/connect-timing.ts";
import type { Destination, Open } from "../connect/connector.ts";
import type { WireCapture } from "../wire/capture.ts";
import { requestHead } from "../wire/request-head.ts";
import type { HeadMemory } from "./partial-header-block.ts";
import { GARBAGE, type ParserListener, responseParser } from "./response-parser.ts";
import type { Send } from "./write-batcher.ts";

/** A GET request: its target in origin form, or in absolute form for a proxy, and its header lines, each with its line end. */
export interface Request {
  readonly path: string;
  readonly fields: string;
  /** Called with the header lines of its final answer, of any status. */
  readonly onFields?: (fields: string) => void;
  /** Keeps what is sent and received. */
  readonly capture?: WireCapture;
  /** No other request to its origin is expected soon. */
  readonly isLast?: boolean;
}

/** Receives the events of one request. Timeouts are the task of the handler. */
export interface Handler extends ParserListener {
  /** A connection is being opened for this request; without `steps`, the request uses one that is open. */
  onOpening(steps: ConnectTiming | undefined): void;
  /** The connection is open, and the request is sent. */
  onConnect(): void;
  /** The connection could not be opened, or ended before the answer did. */
  onError(error: Error): void;
  /** The server has not processed the request, so that it may be repeated at once (RFC 9110 section 9.2.2, RFC 9113 section 8.7). */
  onUnprocessed(): void;
  /** The answer is invalid. */
  onFailure(failure: Failure): void;
}

/** A destination with the key under which its connections are reused. */
export interface Route extends Destination {
  readonly key: string;
}

/** Carries one request at a time: an HTTP/1.1 connection, or a stream on a shared connection. */
export interface Connection {
  readonly route: Route;
  /** Whether it has carried a request before, so that the server may have closed it meanwhile. */
  isReused(): boolean;
  /** Whether it may carry another request. */
  isIdle(): boolean;
  /** Sends a request; a new connection is opened first. */
  send(request: Request, handler: Handler): void;
  /** Continues reading after `onData` returned false. */
  resume(): void;
  /** Returns it to the pool when the answer is complete; `isLast`: or closes it, if it is not shared. */
  release(isLast?: boolean): void;
  /** Closes it in any state; its handler is not called any more. */
  drop(): void;
}

/** A connection in the pool, which stays open between requests. */
export interface PooledConnection extends ListNode<PooledConnection> {
  /** When it became idle, in milliseconds of `performance.now()`; meaningless while it is in use. */
  idleSinceMs: number;
  drop(): void;
}

/** A connection for one request after another. */
export type Http1Connection = Connection & PooledConnection;

/** The pool as its connections see it. */
export interface Owner {
  readonly open: Open;
  readonly send: Send;
  readonly heads: HeadMemory;
  onReleased(one: Http1Connection): void;
  /** The connection has ended; called once. */
  onDropped(one: Http1Connection): void;
}

/** Creates a connection, which is opened when its first request is sent. */
export function connection({ open, send, heads, onReleased, onDropped }: Owner, route: Route): Http1Connection {
  const parser = responseParser(heads);
  let socket: Socket | undefined;
  let cancelOpening: (() => void) | undefined;
  let handler: Handler | undefined;
  let requests = 0;
  /** The text of a request that is queued to be written. */
  let unsent: string | undefined;
  let isPaused = false;
  let isOver = false;
  /** The address of the server, for captures. */
  let address: string | undefined;

  const drop = () => {
    if (isOver) return;
    isOver = true;
    handler = undefined;
    onDropped(one);
    parser.drop();
    cancelOpening?.();
    socket?.destroy();
  };
  const fail = (error: Error) => {
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
  const write = ({ path, fields, capture }: Request, listener: Handler) => {
    requests++;
    parser.expect(listener, capture);
    capture?.onSent(address);
    listener.onConnect();
    unsent = requestHead(path, fields);
    send(outgoing);
  };
  const read = (bytes: Buffer, isOurs: boolean) => {
    const listener = handler;
    if (isOver) return;
    if (listener === undefined) return drop(); // data without a request (RFC 9112 section 9.2)
    // The request is not sent yet: these bytes came after the previous answer and must not be read as this one's (section 9.2).
    if (unsent !== undefined && requests > 1) return fail(lossError("closed"));
    const goOn = parser.parse(bytes, isOurs);
    if (typeof goOn === "object") {
      drop();
      // This may be the rest of data that followed the previous answer, and no answer to this request.
      if (goOn === GARBAGE && requests > 1) listener.onUnprocessed();
      else listener.onFailure(goOn);
    } else if (parser.isOver()) {
      if (handler === listener) handler = undefined;
    } else if (!goOn && !isOver && handler === listener) {
      isPaused = true;
      socket?.pause();
    }
  };
  const onEnd = () => {
    if (socket !== undefined && route.unixSocket === undefined && wasReset(socket)) fail(lossError("reset"));
    else if (parser.finish()) drop();
    else fail(lossError("closed"));
  };

  const one: Http1Connection = {
    route,
    idleSinceMs: 0,
    list: undefined,
    prevNode: undefined,
    nextNode: undefined,
    isReused: () => requests > 1,
    isIdle: () => !isOver && socket !== undefined && !socket.destroyed && parser.isReusable(),
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
          address = steps.address;
          if (isOver) return void made?.destroy();
          if (made === null) return fail(error ?? lossError("closed"));
          socket = made.on("end", onEnd).on("error", fail);
          made.on("close", () => {
            if (!isOver) fail(lossError("closed")); // only if needed: errors are expensive to create
          });
          write(request, listener);
        },
      });
    },
    resume() {
      if (!isPaused || isOver) return;
      isPaused = false;
      socket?.resume();
    },
    release(isLast) {
      if (isLast === true) drop();
      else onReleased(one);
    },
    drop,
  };
  return one;
}

/**
 * Whether a connection was reset although Node emitted "end". libuv reports EOF where POLLHUP follows a partial read
 * (libuv#2319; reworked in libuv#4997), so a reset together with data looks like an orderly end. After a reset getpeername
 * fails, after a FIN it does not. Node caches its first result: nothing may read `remoteAddress` before. Not for Unix sockets.
 */
export function wasReset(socket: Socket): boolean {
  return socket.remoteAddress === undefined;
}

export function lossError(how: "closed" | "reset"): Error {
  return Object.assign(new Error(`the connection was ${how}`), { code: "ECONNRESET" });
}
