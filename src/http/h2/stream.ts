// One request on a connection that many share: a stream of HTTP/2, or a connection of its own where the server has only HTTP/1.1.

import type { Failure } from "../../core/failure.ts";
import type { Connection, Handler, Request, Route } from "../h1/connection.ts";
import { type AnswerHeaders, readHeaders } from "../semantics/headers.ts";
import { type FieldSection, TOO_LONG } from "./field-sections.ts";
import { ConnectionError, codeName } from "./frames.ts";
import type { Opened, SharedConnection } from "./shared-connection.ts";
import type { Stream, StreamListener } from "./streams.ts";

/** Where requests go whose server does not take them by HTTP/2. */
export interface Fallback {
  /** A connection of HTTP/1.1 for this request and all that follow to that server. */
  oneAtATime(route: Route): Connection;
  /** The server takes HTTP/1.1 only, though it speaks HTTP/2 (HTTP_1_1_REQUIRED). */
  refusesHttp2(route: Route): void;
}

export class Http2Stream implements Connection, StreamListener {
  readonly shared: SharedConnection;
  private readonly fallback: Fallback;
  private handler: Handler | undefined;
  private own: Connection | undefined;
  private stream: Stream | undefined;
  private stopWaiting: (() => void) | undefined;
  private isAnswered = false;
  /** Of the body, in bytes: what may still come by what its headers say. */
  private leftBytes = Number.POSITIVE_INFINITY;
  private status = 0;
  private isOver = false;

  constructor(shared: SharedConnection, fallback: Fallback) {
    this.shared = shared;
    this.fallback = fallback;
    shared.enter();
  }

  get route(): Route {
    return this.shared.route;
  }

  /** As it is now: it was good for another request, if not for this one. */
  isReused(): boolean {
    return this.own?.isReused() ?? this.shared.answers > 0;
  }

  isIdle(): boolean {
    return false;
  }

  send(request: Request, handler: Handler): void {
    handler.onOpening(this.shared.opening);
    this.handler = handler;
    this.stopWaiting = this.shared.whenOpened((opened) => this.start(opened, request, handler));
  }

  resume(): void {
    if (this.own !== undefined) this.own.resume();
    else this.stream?.resume();
  }

  release(): void {
    const { own } = this;
    this.leave();
    own?.release();
  }

  drop(): void {
    const { own, stream } = this;
    this.leave();
    own?.drop();
    stream?.cancel();
  }

  onSent(): void {
    this.handler?.onConnect();
  }

  onHeaders({ fields, status, malformed }: FieldSection): void {
    const { handler } = this;
    if (handler === undefined) return;
    if (malformed !== undefined) return this.fail(malformed, status);
    if (status === undefined) return;
    if (!this.isAnswered) handler.onResponseStarted();
    const headers: AnswerHeaders = readHeaders(fields);
    headers.isEndMarked = true;
    if (headers.contentLength !== undefined && !Number.isSafeInteger(headers.contentLength)) {
      return this.fail("a Content-Length that is none", status);
    }
    if (status === 101) return this.fail("101, which HTTP/2 does not have", status);
    if (status >= 200) {
      this.isAnswered = true;
      this.status = status;
      const isBodiless = status === 204 || status === 304;
      this.leftBytes = isBodiless ? 0 : (headers.contentLength ?? Number.POSITIVE_INFINITY);
      this.shared.answers++;
    }
    handler.onHeaders(status, headers, fields);
  }

  onData(piece: Buffer): boolean {
    this.leftBytes -= piece.length;
    if (this.leftBytes < 0) {
      this.fail("a body of more than its headers say", this.status);
      return true;
    }
    return this.handler?.onData(piece, false) ?? true;
  }

  onEnd(): void {
    this.stream = undefined;
    this.handler?.onComplete();
  }

  /** Before its end an answer is cut, whatever the code: that a server behind a proxy died is no end (RFC 9113 section 8.1). */
  onReset(code: number): void {
    this.stream = undefined;
    const name = codeName(code);
    if (name === "HTTP_1_1_REQUIRED") this.fallback.refusesHttp2(this.route);
    const isUnprocessed = name === "HTTP_1_1_REQUIRED" || name === "REFUSED_STREAM";
    if (isUnprocessed && !this.isAnswered) return this.onUnprocessed();
    const { handler } = this;
    this.drop();
    const error = this.isAnswered ? "truncated" : "connection_lost";
    handler?.onFailure({ error, detail: `the server reset the stream (${name})` });
  }

  onUnprocessed(code = 0): void {
    if (codeName(code) === "HTTP_1_1_REQUIRED") this.fallback.refusesHttp2(this.route);
    this.stream = undefined;
    const { handler } = this;
    this.drop();
    if (this.isAnswered) handler?.onFailure({ error: "truncated", detail: "the server says that it has not begun" });
    else handler?.onUnprocessed();
  }

  onLost(error: Error): void {
    this.stream = undefined;
    const { handler } = this;
    this.drop();
    if (error instanceof ConnectionError) handler?.onFailure({ error: "protocol_error", detail: error.message });
    else handler?.onError(error);
  }

  private start(opened: Opened, request: Request, handler: Handler): void {
    const { shared } = this;
    if (opened === "http/1.1") {
      this.own = this.fallback.oneAtATime(shared.route);
      this.own.send(request, handler);
    } else if ("error" in opened) {
      this.onLost(opened.error);
    } else {
      const stream = opened.session.request(shared.blockOf(request.path, request.fields), this);
      if (!this.isOver) this.stream = stream;
    }
  }

  private fail(detail: string, status: number | undefined): void {
    const { handler } = this;
    this.drop();
    const error = detail === TOO_LONG ? "headers_too_large" : "protocol_error";
    const failure: Failure = { error, detail: detail === TOO_LONG ? detail : `HTTP/2: ${detail}` };
    handler?.onFailure(status === undefined ? failure : { ...failure, status });
  }

  private leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopWaiting?.();
    this.handler = undefined;
    this.own = undefined;
    this.stream = undefined;
    this.stopWaiting = undefined;
    this.shared.leave();
  }
}
