// One connection that many requests share (HTTP/2), from when it is being opened; undici's Client carries them.

import type { Socket } from "node:net";
import type { Row } from "../../core/row.ts";
import type { Open } from "../connect/open.ts";
import { type OpeningSteps, openingSteps } from "../connect/steps.ts";
import { ended, type Lasting, type Route } from "./connection.ts";
import { clientClass, type Dispatcher } from "./undici.ts";

/** Who keeps count of what is open. */
export interface Keeper {
  readonly open: Open;
  /** As much is read of a body at once, where bytes have a speed. */
  readonly readBytes?: number | undefined;
  opened(session: Session): void;
  busy(session: Session): void;
  idle(session: Session): void;
  dropped(session: Session): void;
}

/** So many requests at a time go out on one connection: a hundred is what RFC 9113 section 6.5.2 wants servers to allow. */
const MAX_STREAMS = 100;

/** nginx goes away (GOAWAY) at the thousandth unless it is told otherwise; undici then loses what is under way. */
const MAX_REQUESTS = 999;

/** In bytes: what one body, and all of one connection, may be ahead of the disk. */
const WINDOWS = { initialWindowSize: 1_048_576, connectionWindowSize: 16_777_216 } as const;

/** Where a body is held up, it is no more ahead than this many reads, or the least that is worth a frame. */
const HELD_READS = 2;
const LEAST_WINDOW = 16_384;

/** How a request goes on, once it is known. */
export type Way = { readonly client: Dispatcher } | { readonly error: Error } | "one at a time";

export class Session implements Lasting {
  readonly route: Route;
  idleSinceMs = 0;
  row: Row<Lasting> | undefined;
  before: Lasting | undefined;
  after: Lasting | undefined;
  private readonly steps = openingSteps();
  streams = 0;
  answers = 0;
  private readonly keeper: Keeper;
  private readonly onOver: () => void;
  private way: Way | undefined;
  private waiting = new Set<(way: Way) => void>();
  private cancel: (() => void) | undefined;
  private isOver = false;
  private requests = 0;
  private fields = "";
  private list: string[] = [];

  constructor(route: Route, keeper: Keeper, onOver: () => void) {
    this.route = route;
    this.keeper = keeper;
    this.onOver = onOver;
    keeper.opened(this);
    const done = (error: Error | null, socket: Socket | null) => {
      this.cancel = undefined;
      if (socket === null || this.isOver) return this.settle({ error: error ?? ended("closed") }, socket);
      const speaks = "alpnProtocol" in socket && socket.alpnProtocol === "h2";
      this.settle(speaks ? { client: this.clientOn(socket) } : "one at a time", speaks ? null : socket);
    };
    this.cancel = keeper.open(route, { steps: this.steps, done });
  }

  /** Undefined once it is open. */
  get opening(): OpeningSteps | undefined {
    return this.way === undefined ? this.steps : undefined;
  }

  get hasRoom(): boolean {
    return !this.isOver && this.streams < MAX_STREAMS && this.requests < MAX_REQUESTS;
  }

  /** Calls back when it is known how to go on. Gives what stops that. */
  when(known: (way: Way) => void): () => void {
    if (this.way !== undefined) known(this.way);
    else this.waiting.add(known);
    return () => void this.waiting.delete(known);
  }

  enter(): void {
    this.requests++;
    if (this.streams++ === 0) this.keeper.busy(this);
  }

  leave(): void {
    if (--this.streams > 0 || this.isOver) return;
    if (this.requests < MAX_REQUESTS) this.keeper.idle(this);
    else this.drop();
  }

  /** Header lines as undici wants them: name and value in turn. Mostly they are those of the request before. */
  listOf(fields: string): string[] {
    if (fields !== this.fields) {
      this.fields = fields;
      this.list = namesAndValues(fields);
    }
    return this.list;
  }

  drop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onOver();
    this.keeper.dropped(this);
    this.cancel?.();
    if (typeof this.way === "object" && "client" in this.way) void this.way.client.destroy(ended("closed"));
  }

  private clientOn(socket: Socket): Dispatcher {
    const { readBytes } = this.keeper;
    let isTaken = false;
    const client = new (clientClass())(originOf(this.route), {
      allowH2: true,
      maxConcurrentStreams: MAX_STREAMS,
      pipelining: MAX_STREAMS,
      headersTimeout: 0, // every limit in time is ours
      bodyTimeout: 0,
      pingInterval: 0,
      ...WINDOWS,
      ...(readBytes === undefined ? {} : { initialWindowSize: Math.max(LEAST_WINDOW, readBytes * HELD_READS) }),
      connect(_, made) {
        // Once only: where the server went away, it is for us to say on which connection to go on.
        if (isTaken) return made(ended("closed"), null);
        isTaken = true;
        made(null, socket);
      },
    });
    client.on("disconnect", () => this.drop());
    return client;
  }

  private settle(way: Way, unused: Socket | null): void {
    this.way = way;
    unused?.destroy();
    const all = this.waiting;
    this.waiting = new Set();
    if (typeof way !== "object" || "error" in way) this.drop();
    for (const known of all) known(way);
  }
}

function originOf({ host, port }: Route): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function namesAndValues(fields: string): string[] {
  return fields.split("\r\n").flatMap((line) => {
    const colon = line.indexOf(":");
    return colon === -1 ? [] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}
