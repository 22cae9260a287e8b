// A share in a connection that many requests use: one request and its answer, as undici's handler hears of them.

import type { Failure } from "../../core/failure.ts";
import { readHeaders } from "../semantics/headers.ts";
import type { Connection, Handler, Request, Route } from "./connection.ts";
import type { Session, Way } from "./session.ts";
import { TOGETHER, type Together, together } from "./together.ts";
import type { Dispatcher } from "./undici.ts";

/** A connection that carries one request at a time, for a server that turns out not to speak HTTP/2. */
type OneAtATime = (route: Route) => Connection;

const BAD_LENGTH: Failure = { error: "protocol_error", detail: "a Content-Length that is none" };

/**
 * What undici calls by name is the handler of raw answers of undici 7, which it wraps in nothing. It lets go of all when it is
 * over: undici's request, and Node's stream, may live on for longer.
 */
export class Share implements Connection {
  readonly session: Session;
  private readonly onOne: OneAtATime;
  private handler: Handler | undefined;
  private own: Connection | undefined;
  private stopWaiting: (() => void) | undefined;
  private abort: (() => void) | undefined;
  private readOn: (() => void) | undefined;
  private bytes = 0;
  /** For all but the beginning of a body. */
  private rest: Together | undefined;
  private isPaused = false;
  private isOver = false;

  constructor(session: Session, onOne: OneAtATime) {
    this.session = session;
    this.onOne = onOne;
    session.enter();
  }

  get route(): Route {
    return this.session.route;
  }

  /** As it is now: it was good for somebody, if not for this request. */
  isReused(): boolean {
    return this.own?.isReused() ?? this.session.answers > 0;
  }

  isIdle(): boolean {
    return false;
  }

  send(request: Request, handler: Handler): void {
    handler.onOpening(this.session.opening);
    this.handler = handler;
    this.stopWaiting = this.session.when((way) => this.go(way, request));
  }

  resume(): void {
    if (this.own !== undefined) return this.own.resume();
    this.isPaused = false;
    this.readOn?.();
  }

  release(): void {
    const { own } = this;
    this.leave();
    own?.release();
  }

  drop(): void {
    const { own, abort } = this;
    this.leave();
    own?.drop();
    abort?.();
  }

  onConnect(abort: () => void): void {
    if (this.isOver) return abort();
    this.abort = abort;
    this.handler?.onConnect();
  }

  onResponseStarted(): void {
    this.handler?.onResponseStarted();
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
    const { handler } = this;
    if (handler === undefined) return true;
    this.session.answers++;
    this.readOn = resume;
    const fields = textOf(raw);
    const headers = readHeaders(fields);
    if (headers.contentLength !== undefined && !Number.isSafeInteger(headers.contentLength)) {
      this.drop();
      handler.onFailure({ ...BAD_LENGTH, status });
    } else handler.onHeaders(status, headers, fields);
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    if (this.rest === undefined && this.bytes <= TOGETHER) return this.handler?.onData(chunk, true) ?? true;
    if (this.isOver) return true;
    this.rest ??= together((bytes) => {
      this.isPaused = this.handler?.onData(bytes, false) === false;
    });
    this.rest.add(chunk);
    return !this.isPaused;
  }

  onComplete(): void {
    this.rest?.flush();
    this.handler?.onComplete();
  }

  onError(error: Error): void {
    this.rest?.flush();
    const { handler } = this;
    this.drop();
    handler?.onError(error);
  }

  private go(way: Way, request: Request): void {
    const { handler, session } = this;
    if (handler === undefined) return;
    if (way === "one at a time") {
      this.own = this.onOne(session.route);
      this.own.send(request, handler);
    } else if ("error" in way) {
      this.onError(way.error);
    } else {
      const headers = session.listOf(request.fields);
      way.client.dispatch({ path: request.path, method: "GET", headers }, this as Dispatcher.DispatchHandler);
    }
  }

  private leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopWaiting?.();
    this.handler = undefined;
    this.own = undefined;
    this.stopWaiting = undefined;
    this.abort = undefined;
    this.readOn = undefined;
    this.rest?.clear();
    this.rest = undefined;
    this.session.leave();
  }
}

/** Node has read them as Latin-1, and undici has written that down in UTF-8. */
function textOf(raw: readonly Buffer[]): string {
  let text = "";
  for (let i = 0; i + 1 < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return text;
}
