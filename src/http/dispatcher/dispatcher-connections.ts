// Requests that a dispatcher of the caller's carries, in the place of connections of our own.

import type { Phase } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import { fdExhaustion } from "../connect/fd-exhaustion.ts";
import type { Connection, Handler, Request, Route } from "../h1/connection.ts";
import type { Lease } from "../h1/connection-pool.ts";
import { MAX_HEAD_BYTES } from "../h1/partial-header-block.ts";
import { hasToken, readHeaders, transferCoding } from "../semantics/headers.ts";
import { answerIn, failureOf } from "./dispatch-errors.ts";
import { type Control, type DispatchListener, dispatchHandler } from "./dispatch-handler.ts";
import type { Dispatcher } from "./dispatcher-shape.ts";
import { headersOf, linesOf } from "./field-lines.ts";
import { type UnsentRequests, unsentRequests } from "./unsent-requests.ts";

/** How many origins are remembered for having answered. */
const MAX_ANSWERED_ORIGINS = 10_000;

/**
 * undici up to version 7 ends the process where an answer is held up and its connection ends, unless the connection was to
 * live on (undici#5360). Of such an answer this much, 16 MiB, is taken before it is held up after all.
 */
const MAX_AHEAD_BYTES = 16_777_216;

interface Carrier {
  readonly dispatcher: Dispatcher;
  /** The origins that have answered: a connection to one may have been used before, and closed meanwhile. */
  readonly answered: Set<string>;
  readonly underWay: Set<Connection>;
  readonly unsent: UnsentRequests<Dispatched>;
}

/** All requests go to the dispatcher, which stays its owner's to close. */
export function dispatcherConnections(dispatcher: Dispatcher): Lease {
  const unsent = unsentRequests<Dispatched>((one) => one.onMoved());
  const carrier: Carrier = { dispatcher, answered: new Set(), underWay: new Set(), unsent };
  return {
    take: (route) => new Dispatched(carrier, route, carrier.answered.has(route.key)),
    instead: ({ route }) => new Dispatched(carrier, route, false),
    resize() {},
    close() {
      for (const one of carrier.underWay) one.drop();
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
  /** Something came of the answer, if only an informational one. */
  private isBegun = false;
  private isOver = false;
  private isPaused = false;
  /** Of the body, in bytes: what may still come by its status and Content-Length. */
  private leftBytes = Number.POSITIVE_INFINITY;
  private canBeHeld = true;
  /** What came since it should have been held up. */
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
    this.carrier.underWay.add(this);
    // How far a dispatcher has come with connecting cannot be seen: that has the time for the headers.
    handler.onConnect();
    // Not at once: a mock's answer comes before `dispatch` returns, and a whole list would pass without a turn of the event loop.
    setImmediate(() => this.dispatch(request));
  }

  resume(): void {
    this.aheadBytes = 0;
    if (!this.isPaused) return;
    this.isPaused = false;
    this.control?.resume();
  }

  release(): void {
    this.leave();
  }

  drop(): void {
    this.leave();
    if (this.isOver) return;
    this.isOver = true;
    // One that is not sent yet is aborted when it is.
    this.control?.abort(givenUp());
  }

  onStart(control: Control): void {
    this.control = control;
    if (this.isOver) return control.abort(givenUp());
    if (this.phase !== "connect") return;
    this.phase = "headers";
    this.carrier.unsent.sent(this.route.key, this);
    this.handler?.onConnect();
  }

  /** It waits, but others do not: its time begins anew. */
  onMoved(): void {
    this.handler?.onConnect();
  }

  onHead(status: number, lines: string): void {
    const { handler, route, carrier } = this;
    if (handler === undefined) return;
    if (!Number.isInteger(status) || status < 100 || status > 999) return this.fail("a status that is none");
    if (status === 101) return this.fail("the server switched protocols unasked (101)", status);
    if (this.phase === "body") return this.fail("a second answer", status);
    if (lines.length > MAX_HEAD_BYTES) {
      return this.refuse({
        error: "headers_too_large",
        detail: `a header block of more than ${MAX_HEAD_BYTES} bytes`,
        status,
      });
    }
    this.isBegun = true;
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
      this.canBeHeld = (isChunked || contentLength !== undefined) && !hasToken(connection, "close");
      if (carrier.answered.size >= MAX_ANSWERED_ORIGINS) carrier.answered.clear();
      carrier.answered.add(route.key);
    }
    // Whether the last chunk came is not seen here, and undici takes some resets for it: without a length, an end is unverified.
    const odd = isChunked || coding === undefined ? {} : { transferEncoding: coding };
    handler.onHeaders(status, { ...headers, ...odd }, lines);
  }

  onPiece(chunk: Buffer): boolean {
    const { handler } = this;
    const piece = bytesOf(chunk);
    // undici may hand over an empty piece while it resumes: to hold it up again for that would be for ever.
    if (handler === undefined || piece.length === 0) return true;
    if (this.phase !== "body") this.fail("a body before its headers");
    this.leftBytes -= piece.length;
    if (this.leftBytes < 0) this.fail("a body of more than its headers say");
    if (this.isOver || handler.onData(piece, false)) return true;
    this.aheadBytes += piece.length;
    this.isPaused = !this.isOver && this.leftBytes > 0 && (this.canBeHeld || this.aheadBytes > MAX_AHEAD_BYTES);
    return !this.isPaused;
  }

  onEnd(): void {
    const { handler } = this;
    if (handler === undefined) return;
    if (this.phase !== "body") return this.fail("an end without an answer");
    this.isOver = true;
    handler.onComplete();
  }

  onLost(error: unknown): void {
    const { handler, phase } = this;
    if (handler === undefined) return;
    this.isOver = true;
    const answer = phase === "body" ? undefined : answerIn(error);
    if (answer !== undefined) {
      this.onHead(answer.status, linesOf(answer.headers, undefined));
      this.leftBytes = 0;
      return this.onEnd();
    }
    const failure = (phase === "connect" ? fdExhaustion(error) : undefined) ?? failureOf(error, phase);
    const isStale = this.mayBeStale && !this.isBegun && phase === "headers" && failure.error === "connection_lost";
    if (isStale) handler.onUnprocessed();
    else handler.onFailure(failure);
  }

  private dispatch({ path, fields }: Request): void {
    if (this.isOver) return;
    const { key: origin } = this.route;
    this.carrier.unsent.enter(origin, this);
    try {
      const headers = headersOf(fields, origin);
      const result = this.carrier.dispatcher.dispatch({ origin, path, method: "GET", headers }, dispatchHandler(this));
      // An interceptor may be an async function.
      if (typeof result === "object") Promise.resolve(result).catch((error: unknown) => this.onLost(error));
    } catch (error) {
      this.onLost(error);
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

  private leave(): void {
    this.handler = undefined;
    this.carrier.underWay.delete(this);
    this.carrier.unsent.leave(this.route.key, this);
  }
}

/** Why a request is aborted, with undici's own code: interceptors look at that. */
function givenUp(): Error {
  return Object.assign(new Error("bulkget gave the request up"), { name: "AbortError", code: "UND_ERR_ABORTED" });
}

/** A mock's piece may be text, or any array of bytes. */
function bytesOf(piece: Uint8Array | string): Buffer {
  if (typeof piece === "string") return Buffer.from(piece);
  return Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}
