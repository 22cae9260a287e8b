// Sends a request, and repeats it at once if a reused connection turns out to be closed (RFC 9112 section 9.3.1).

import type { ConnectionTimes } from "../../core/http/connection-times.ts";
import { addTimings, type ConnectTiming } from "../connect/connect-timing.ts";
import type { Connection, Request, Route } from "../h1/connection.ts";
import type { ConnectionPool } from "../h1/connection-pool.ts";
import type { SentConditions } from "../semantics/conditional.ts";
import { Exchange } from "./exchange.ts";
import { type ExchangeContext, type Reply, type ReplyListener, STALE } from "./reply.ts";

/** Maximum number of repeats: HTTP/1.1 needs one; an HTTP/2 connection may send GOAWAY before each of them is sent. */
const MAX_REPEATS = 5;

/** Receives the result of a request, once. */
export interface RequestListener {
  /** `opened`: the timings of all connections so far. */
  onReply(reply: Exclude<Reply, typeof STALE>, opened: ConnectionTimes | undefined): void;
  /** The repeated request could not be sent, because of a bug. */
  onThrow(error: unknown): void;
}

/** A repeat is part of the same attempt. State: the connection, the number of repeats, and the timings. */
export class RepeatedRequest implements ReplyListener {
  private readonly context: ExchangeContext;
  private readonly pool: ConnectionPool;
  private readonly request: Request;
  private readonly conditions: SentConditions | undefined;
  private readonly untilMs: number;
  private readonly listener: RequestListener;
  private connection: Connection;
  private repeats = 0;
  private opened: ConnectionTimes | undefined;

  /** `opened`: the timings of earlier connections, to which those of this request are added. */
  constructor(
    context: ExchangeContext,
    pool: ConnectionPool,
    route: Route,
    request: Request,
    conditions: SentConditions | undefined,
    untilMs: number,
    opened: ConnectionTimes | undefined,
    listener: RequestListener,
  ) {
    this.context = context;
    this.pool = pool;
    this.request = request;
    this.conditions = conditions;
    this.untilMs = untilMs;
    this.opened = opened;
    this.listener = listener;
    this.connection = pool.acquire(route);
  }

  send(): void {
    new Exchange(this.context, this.connection, this.untilMs, this.conditions, this).send(this.request);
  }

  onReply(reply: Reply, timing: ConnectTiming | undefined): void {
    if (timing !== undefined) this.opened = addTimings(this.opened, timing);
    if (reply !== STALE) return this.listener.onReply(reply, this.opened);
    if (this.repeats++ === MAX_REPEATS) {
      return this.listener.onReply({ error: "connection_lost", detail: "closed before the first byte" }, this.opened);
    }
    try {
      this.connection = this.pool.replace(this.connection);
      this.send();
    } catch (error) {
      this.listener.onThrow(error);
    }
  }
}
