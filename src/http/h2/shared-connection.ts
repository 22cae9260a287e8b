// A connection that many requests share, from opening it on: an HTTP/2 session, unless ALPN selects HTTP/1.1.

import type { Socket } from "node:net";
import type { LinkedList } from "../../core/structures/linked-list.ts";
import { type ConnectTiming, connectTiming } from "../connect/connect-timing.ts";
import { lossError, type PooledConnection, type Route, wasReset } from "../h1/connection.ts";
import type { ConnectionOwner } from "../h1/connection-pool.ts";
import { requestBlocks } from "./request-headers.ts";
import { type Http2Session, http2Session, type SessionOptions } from "./session.ts";

/** The result of opening a connection. */
export type Opened = { readonly session: Http2Session } | { readonly error: Error } | "http/1.1";

export class SharedConnection implements PooledConnection {
  readonly route: Route;
  idleSinceMs = 0;
  list: LinkedList<PooledConnection> | undefined;
  prevNode: PooledConnection | undefined;
  nextNode: PooledConnection | undefined;
  /** The number of answers that have begun. */
  answers = 0;
  /** Encodes the header block of a request. */
  readonly blockOf: (path: string, fields: string) => Buffer;
  private readonly owner: ConnectionOwner;
  /** Maximum number of requests that wait for it to open: the server's stream limit, if known from before. */
  private readonly maxWaiting: number;
  private readonly options: SessionOptions;
  private readonly steps = connectTiming();
  private users = 0;
  private opened: Opened | undefined;
  private waiting = new Set<(opened: Opened) => void>();
  private cancel: (() => void) | undefined;
  private isOver = false;
  private isDraining = false;
  /** Bytes that arrived before `done` was called. */
  private early: Buffer[] = [];

  constructor(route: Route, owner: ConnectionOwner, maxWaiting: number, options: SessionOptions) {
    this.route = route;
    this.owner = owner;
    this.maxWaiting = Math.max(1, maxWaiting);
    this.options = options;
    this.blockOf = requestBlocks(route);
    owner.onOpened(this);
    this.cancel = owner.open(route, {
      steps: this.steps,
      read: (bytes) => {
        if (this.session !== undefined) this.session.read(bytes);
        else if (this.opened === undefined) this.early.push(Buffer.from(bytes));
      },
      done: (error, socket) => {
        this.cancel = undefined;
        if (socket === null || this.isOver) return this.settle({ error: error ?? lossError("closed") }, socket);
        const isHttp2 = "alpnProtocol" in socket && socket.alpnProtocol === "h2";
        if (isHttp2) this.settle({ session: this.startSession(socket) }, null);
        else this.settle("http/1.1", socket);
      },
    });
  }

  /** The timings while it is being opened; undefined afterwards. */
  get opening(): ConnectTiming | undefined {
    return this.opened === undefined ? this.steps : undefined;
  }

  /** The address of the server, if the connection leads straight to it. */
  get address(): string | undefined {
    return this.steps.address;
  }

  get hasRoom(): boolean {
    if (this.isOver || this.isDraining) return false;
    return this.session?.hasRoom ?? this.users < this.maxWaiting;
  }

  /** Calls `onOpened` with the result of opening, now or later. Returns a function that cancels that. */
  whenOpened(onOpened: (opened: Opened) => void): () => void {
    if (this.opened !== undefined) onOpened(this.opened);
    else this.waiting.add(onOpened);
    return () => void this.waiting.delete(onOpened);
  }

  addUser(): void {
    if (this.users++ === 0) this.owner.onBusy(this);
  }

  removeUser(): void {
    if (--this.users > 0 || this.isOver) return;
    if (this.isDraining) this.drop();
    else this.owner.onIdle(this);
  }

  drop(): void {
    if (this.isOver) return;
    const { session } = this;
    this.end();
    this.cancel?.();
    session?.close();
  }

  private get session(): Http2Session | undefined {
    return typeof this.opened === "object" && "session" in this.opened ? this.opened.session : undefined;
  }

  private startSession(socket: Socket): Http2Session {
    const session = http2Session(socket, {
      onOver: () => this.retire(),
      onLimit: this.options.onLimit,
      readBytes: this.owner.readBytes,
    });
    socket
      .on("error", (error) => session.onLost(error))
      .on("end", () => session.onLost(lossError(wasReset(socket) ? "reset" : "closed")))
      .on("close", () => session.onLost(lossError("closed")));
    return session;
  }

  /** Accepts no more requests; those under way continue if possible. */
  private retire(): void {
    if (this.isDraining || this.isOver) return;
    this.isDraining = true;
    this.options.onOver();
    if (this.users === 0) this.drop();
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (!this.isDraining) this.options.onOver();
    this.isDraining = true;
    this.owner.onDropped(this);
  }

  private settle(opened: Opened, unused: Socket | null): void {
    this.opened = opened;
    unused?.destroy();
    const all = this.waiting;
    this.waiting = new Set();
    if (opened === "http/1.1" || "error" in opened) this.end();
    const { early } = this;
    this.early = [];
    for (const bytes of early) this.session?.read(bytes);
    for (const onOpened of all) onOpened(opened);
  }
}
