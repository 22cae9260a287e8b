// Sends requests through the caller's undici Dispatcher instead of our own connections.

import type { Phase } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import { fdExhaustion } from "../../core/fd-exhaustion.ts";
import type { Connection, Handler, Request, Route } from "../h1/connection.ts";
import type { ConnectionPool } from "../h1/connection-pool.ts";
import { MAX_HEAD_BYTES } from "../h1/partial-header-block.ts";
import { hasToken, readHeaders, transferCoding } from "../semantics/headers.ts";
import { answerIn, failureOf } from "./dispatch-errors.ts";
import { type Control, type DispatchListener, dispatchHandler } from "./dispatch-handler.ts";
import type { Dispatcher } from "./dispatcher-shape.ts";
import { headersOf, linesOf } from "./field-lines.ts";
import { type UnsentRequests, unsentRequests } from "./unsent-requests.ts";

/** Maximum number of origins remembered as having answered. */
const MAX_ANSWERED_ORIGINS = 10_000;

/**
 * Maximum number of bytes accepted before an answer on a closing connection is paused, 16 MiB. undici up to 7 throws an
 * uncatchable AssertionError if the connection of a paused answer ends (nodejs/undici#5360).
 */
const MAX_AHEAD_BYTES = 16_777_216;

interface Carrier {
  readonly dispatcher: Dispatcher;
  /** Origins that have answered: a connection to one may be reused, and closed by the server in the meantime. */
  readonly answered: Set<string>;
  readonly active: Set<Connection>;
  readonly unsent: UnsentRequests<Dispatched>;
}

/** Sends all requests through the dispatcher, which its owner closes. */
export function dispatcherConnections(dispatcher: Dispatcher): ConnectionPool {
  const unsent = unsentRequests<Dispatched>((one) => one.onQueueMoved());
  const carrier: Carrier = { dispatcher, answered: new Set(), active: new Set(), unsent };
  return {
    acquire: (route) => new Dispatched(carrier, route, carrier.answered.has(route.key)),
    replace: ({ route }) => new Dispatched(carrier, route, false),
    resize() {},
    close() {
      for (const one of carrier.active) one.drop();
    },
  };
}

class Dispatched implements Connection, DispatchListener {
  readonly route: Route;
  private readonly carrier: Carrier;
  private readonly mayBeStale: boolean;
  private handler: Handler | undefined;
  private control: Control | undefined;
  private phase: Exclude<Phase, "write"> = "connect";
  /** A part of the answer has arrived, possibly only an informational one. */
  private hasAnswer = false;
  private isDone = false;
  private isPaused = false;
  /** Remaining bytes of the body by its status and Content-Length. */
  private leftBytes = Number.POSITIVE_INFINITY;
  private canPause = true;
  /** Bytes received since the answer should have been paused. */
  private aheadBytes = 0;

  constructor(carrier: Carrier, route: Route, mayBeStale: boolean) {
    this.carrier = carrier;
    this.route = route;
    this.mayBeStale = mayBeStale;
  }

  isReused(): boolean {
    return this.mayBeStale;
  }

  isIdle(): boolean {
    return false;
  }

  send(request: Request, handler: Handler): void {
    this.handler = handler;
    this.carrier.active.add(this);
    // The progress of connecting is not visible: it counts towards the time for the headers.
    handler.onConnect();
    // Deferred: MockAgent answers before `dispatch` returns, and a whole list would run without a turn of the event loop.
    setImmediate(() => this.dispatch(request));
  }

  resume(): void {
    this.aheadBytes = 0;
    if (!this.isPaused) return;
    this.isPaused = false;
    this.control?.resume();
  }

  release(): void {
    this.detach();
  }

  drop(): void {
    this.detach();
    if (this.isDone) return;
    this.isDone = true;
    // A request that is not sent yet is aborted in `onStart`.
    this.control?.abort(abortError());
  }

  onStart(control: Control): void {
    this.control = control;
    if (this.isDone) return control.abort(abortError());
    if (this.phase !== "connect") return;
    this.phase = "headers";
    this.carrier.unsent.onSent(this.route.key, this);
    this.handler?.onConnect();
  }

  /** Other requests of the origin were sent: restarts the time limit of this one. */
  onQueueMoved(): void {
    this.handler?.onConnect();
  }

  onHeaders(status: number, lines: string): void {
    const { handler, route, carrier } = this;
    if (handler === undefined) return;
    if (!Number.isInteger(status) || status < 100 || status > 999) return this.fail("an invalid status");
    if (status === 101) return this.fail("the server switched protocols unasked (101)", status);
    if (this.phase === "body") return this.fail("a second answer", status);
    if (lines.length > MAX_HEAD_BYTES) {
      return this.refuse({
        error: "headers_too_large",
        detail: `a header block of more than ${MAX_HEAD_BYTES} bytes`,
        status,
      });
    }
    this.hasAnswer = true;
    handler.onResponseStarted();
    const { transferEncoding, ...headers } = readHeaders(lines);
    const { contentLength, connection } = headers;
    if (contentLength !== undefined && !Number.isSafeInteger(contentLength))
      return this.fail("a Content-Length that is none", status);
    const coding = transferEncoding === undefined ? undefined : transferCoding(transferEncoding);
    const isChunked = coding === "chunked";
    if (status >= 200) {
      this.phase = "body";
      this.leftBytes = status === 204 || status === 304 ? 0 : (contentLength ?? Number.POSITIVE_INFINITY);
      this.canPause = (isChunked || contentLength !== undefined) && !hasToken(connection, "close");
      if (carrier.answered.size >= MAX_ANSWERED_ORIGINS) carrier.answered.clear();
      carrier.answered.add(route.key);
    }
    // The last chunk is not visible here, and undici takes some resets for an end: without a length, the end is unverified.
    const odd = isChunked || coding === undefined ? {} : { transferEncoding: coding };
    handler.onHeaders(status, { ...headers, ...odd }, lines);
  }

  onData(chunk: Buffer): boolean {
    const { handler } = this;
    const piece = bytesOf(chunk);
    // undici 7 may pass an empty piece while it resumes; pausing again because of it would never end.
    if (handler === undefined || piece.length === 0) return true;
    if (this.phase !== "body") this.fail("a body before its headers");
    this.leftBytes -= piece.length;
    if (this.leftBytes < 0) this.fail("a body of more than its headers say");
    if (this.isDone || handler.onData(piece, false)) return true;
    this.aheadBytes += piece.length;
    this.isPaused = !this.isDone && this.leftBytes > 0 && (this.canPause || this.aheadBytes > MAX_AHEAD_BYTES);
    return !this.isPaused;
  }

  onComplete(): void {
    const { handler } = this;
    if (handler === undefined) return;
    if (this.phase !== "body") return this.fail("an end without an answer");
    this.isDone = true;
    handler.onComplete();
  }

  onError(error: unknown): void {
    const { handler, phase } = this;
    if (handler === undefined) return;
    this.isDone = true;
    const answer = phase === "body" ? undefined : answerIn(error);
    if (answer !== undefined) {
      this.onHeaders(answer.status, linesOf(answer.headers, undefined));
      this.leftBytes = 0;
      return this.onComplete();
    }
    const failure = (phase === "connect" ? fdExhaustion(error) : undefined) ?? failureOf(error, phase);
    const isStale = this.mayBeStale && !this.hasAnswer && phase === "headers" && failure.error === "connection_lost";
    if (isStale) handler.onUnprocessed();
    else handler.onFailure(failure);
  }

  private dispatch({ path, fields }: Request): void {
    if (this.isDone) return;
    const { key: origin } = this.route;
    this.carrier.unsent.add(origin, this);
    try {
      const headers = headersOf(fields, origin);
      const result = this.carrier.dispatcher.dispatch({ origin, path, method: "GET", headers }, dispatchHandler(this));
      // The result is a promise if an interceptor is an async function.
      if (typeof result === "object") Promise.resolve(result).catch((error: unknown) => this.onError(error));
    } catch (error) {
      this.onError(error);
    }
  }

  private fail(detail: string, status?: number): void {
    const failure: Failure = { error: "protocol_error", detail: `the dispatcher: ${detail}` };
    this.refuse(status === undefined ? failure : { ...failure, status });
  }

  private refuse(failure: Failure): void {
    const { handler } = this;
    this.drop();
    handler?.onFailure(failure);
  }

  private detach(): void {
    this.handler = undefined;
    this.carrier.active.delete(this);
    this.carrier.unsent.remove(this.route.key, this);
  }
}

/** The reason with which a request is aborted; interceptors check undici's code. */
function abortError(): Error {
  return Object.assign(new Error("bulkget cancelled the request"), { name: "AbortError", code: "UND_ERR_ABORTED" });
}

/** MockAgent's pieces may be text or any array of bytes. */
function bytesOf(piece: Uint8Array | string): Buffer {
  if (typeof piece === "string") return Buffer.from(piece);
  return Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}
