// One request as a stream on a shared HTTP/2 connection; on an HTTP/1.1 connection if the server has no HTTP/2.

import type { Failure } from "../../core/failure.ts";
import type { Connection, Handler, Request, Route } from "../h1/connection.ts";
import { type AnswerHeaders, readHeaders } from "../semantics/headers.ts";
import { type FieldSection, TOO_LONG } from "./field-sections.ts";
import { ConnectionError, codeName } from "./frames.ts";
import type { Opened, SharedConnection } from "./shared-connection.ts";
import type { Stream, StreamListener } from "./streams.ts";

/** Requests to servers that do not accept HTTP/2. */
export interface Fallback {
  /** Returns an HTTP/1.1 connection, and uses HTTP/1.1 for that server from now on. */
  acquireHttp1(route: Route): Connection;
  /** The server requires HTTP/1.1 although it has selected h2 (HTTP_1_1_REQUIRED, RFC 9113 section 7). */
  refusesHttp2(route: Route): void;
}

export class Http2Stream implements Connection, StreamListener {
  readonly shared: SharedConnection;
  private readonly fallback: Fallback;
  private handler: Handler | undefined;
  private http1: Connection | undefined;
  private stream: Stream | undefined;
  private capture: Request["capture"];
  private stopWaiting: (() => void) | undefined;
  private isAnswered = false;
  /** Bytes of the body that may still arrive by its Content-Length. */
  private leftBytes = Number.POSITIVE_INFINITY;
  private status = 0;
  private isOver = false;

  constructor(shared: SharedConnection, fallback: Fallback) {
    this.shared = shared;
    this.fallback = fallback;
    shared.addUser();
  }

  get route(): Route {
    return this.shared.route;
  }

  /** Whether the connection has carried an answer, not necessarily before this request was sent. */
  isReused(): boolean {
    return this.http1?.isReused() ?? this.shared.answers > 0;
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
    if (this.http1 !== undefined) this.http1.resume();
    else this.stream?.resume();
  }

  release(isLast?: boolean): void {
    const { http1 } = this;
    this.close();
    http1?.release(isLast);
  }

  drop(): void {
    const { http1, stream } = this;
    this.close();
    http1?.drop();
    stream?.cancel();
  }

  onSent(): void {
    this.capture?.onSent(this.shared.address);
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
      this.capture?.onFields(status, fields);
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

  /** A reset before END_STREAM truncates the answer, whatever the code, also NO_ERROR (RFC 9113 section 8.1). */
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
    if (this.isAnswered) handler?.onFailure({ error: "truncated", detail: "GOAWAY names a stream that was answered" });
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
      this.http1 = this.fallback.acquireHttp1(shared.route);
      this.http1.send(request, handler);
    } else if ("error" in opened) {
      this.onLost(opened.error);
    } else {
      this.capture = request.capture;
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

  private close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopWaiting?.();
    this.handler = undefined;
    this.http1 = undefined;
    this.stream = undefined;
    this.capture = undefined;
    this.stopWaiting = undefined;
    this.shared.removeUser();
  }
}
