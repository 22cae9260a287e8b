// One connection that many requests share, from when it is being opened: HTTP/2, or the news that the server has only HTTP/1.1.

import type { Socket } from "node:net";
import type { LinkedList } from "../../core/structures/linked-list.ts";
import { type ConnectTiming, connectTiming } from "../connect/connect-timing.ts";
import { ended, type Lasting, type Route, wasReset } from "../h1/connection.ts";
import type { ConnectionOwner } from "../h1/connection-pool.ts";
import { requestBlocks } from "./request-headers.ts";
import { type Http2Session, http2Session, type SessionOptions } from "./session.ts";

/** What a connection turned out to be. */
export type Opened = { readonly session: Http2Session } | { readonly error: Error } | "http/1.1";

export class SharedConnection implements Lasting {
  readonly route: Route;
  idleSinceMs = 0;
  list: LinkedList<Lasting> | undefined;
  prevNode: Lasting | undefined;
  nextNode: Lasting | undefined;
  /** Answers that began on it. */
  answers = 0;
  /** The header block of a request. */
  readonly blockOf: (path: string, fields: string) => Buffer;
  private readonly keeper: ConnectionOwner;
  /** How many requests it may carry at a time, as far as that is known before it is open. */
  private readonly maxWaiting: number;
  private readonly on: SessionOptions;
  private readonly steps = connectTiming();
  private users = 0;
  private opened: Opened | undefined;
  private waiting = new Set<(opened: Opened) => void>();
  private cancel: (() => void) | undefined;
  private isOver = false;
  private isLeaving = false;
  /** What arrived before it was known to be open. */
  private early: Buffer[] = [];

  constructor(route: Route, keeper: ConnectionOwner, maxWaiting: number, on: SessionOptions) {
    this.route = route;
    this.keeper = keeper;
    this.maxWaiting = Math.max(1, maxWaiting);
    this.on = on;
    this.blockOf = requestBlocks(route);
    keeper.opened(this);
    this.cancel = keeper.open(route, {
      steps: this.steps,
      read: (bytes) => {
        if (this.session !== undefined) this.session.read(bytes);
        else if (this.opened === undefined) this.early.push(Buffer.from(bytes));
      },
      done: (error, socket) => {
        this.cancel = undefined;
        if (socket === null || this.isOver) return this.settle({ error: error ?? ended("closed") }, socket);
        const isHttp2 = "alpnProtocol" in socket && socket.alpnProtocol === "h2";
        if (isHttp2) this.settle({ session: this.sessionOver(socket) }, null);
        else this.settle("http/1.1", socket);
      },
    });
  }

  /** Undefined once it is open. */
  get opening(): ConnectTiming | undefined {
    return this.opened === undefined ? this.steps : undefined;
  }

  get hasRoom(): boolean {
    if (this.isOver || this.isLeaving) return false;
    return this.session?.hasRoom ?? this.users < this.maxWaiting;
  }

  /** Calls back when it is known what the connection is. Returns what stops that. */
  whenOpened(onOpened: (opened: Opened) => void): () => void {
    if (this.opened !== undefined) onOpened(this.opened);
    else this.waiting.add(onOpened);
    return () => void this.waiting.delete(onOpened);
  }

  enter(): void {
    if (this.users++ === 0) this.keeper.busy(this);
  }

  leave(): void {
    if (--this.users > 0 || this.isOver) return;
    if (this.isLeaving) this.drop();
    else this.keeper.idle(this);
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

  private sessionOver(socket: Socket): Http2Session {
    const session = http2Session(socket, {
      onOver: () => this.retire(),
      onLimit: this.on.onLimit,
      readBytes: this.keeper.readBytes,
    });
    socket
      .on("error", (error) => session.lost(error))
      .on("end", () => session.lost(ended(wasReset(socket) ? "reset" : "closed")))
      .on("close", () => session.lost(ended("closed")));
    return session;
  }

  /** It takes no more requests; those under way go on where they can. */
  private retire(): void {
    if (this.isLeaving || this.isOver) return;
    this.isLeaving = true;
    this.on.onOver();
    if (this.users === 0) this.drop();
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (!this.isLeaving) this.on.onOver();
    this.isLeaving = true;
    this.keeper.dropped(this);
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
