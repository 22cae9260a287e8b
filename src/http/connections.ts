// The connections that are open: which one a request may go out on, how often it was used, and when it is dropped.

import type { Socket } from "node:net";
import { guard } from "./guards.ts";
import type { Destination, Open } from "./open.ts";
import { Client, type Dispatcher, readParser } from "./undici.ts";

/** undici 7's handler of raw answers, which it calls without wrapping anything. Times and limits are the caller's. */
export interface RawHandler {
  /** A connection is being opened for this request; called again if the one that was open had died unnoticed. */
  onOpening(): void;
  onConnect(abort: () => void): void;
  onResponseStarted(): void;
  onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean;
  onData(chunk: Buffer): boolean;
  onComplete(): void;
  onError(error: Error): void;
}

/** Where requests of one kind go: connections are shared by what has the same key. */
export interface Route extends Destination {
  readonly key: string;
}

/** One connection, or one that is being opened; it carries one request at a time (no pipelining). */
export interface Connection {
  readonly route: Route;
  /** Whether it has carried a request before: such a one may have been closed by the server meanwhile. */
  readonly reused: boolean;
  send(path: string, headers: readonly string[], handler: RawHandler): void;
  /** Drops it, at whatever stage; a request under way gets its `onError`. */
  drop(): void;
}

export interface Connections {
  /** The connection used last of those that lie idle, or a new one. */
  take(route: Route): Connection;
  /** A new connection, where an idle one has just turned out dead. */
  fresh(route: Route): Connection;
  /** Takes back a connection whose answer is complete. */
  release(connection: Connection): void;
  /** Changes how many there may be. Idle ones that are too many are dropped at once, busy ones when they come back. */
  resize(maxOpen: number): void;
  close(): void;
}

/** How long an idle connection is kept, whatever the server promises: 4 s. */
const KEEP_ALIVE_MS = 4000;

const CLIENT_OPTIONS = {
  pipelining: 1,
  headersTimeout: 0, // every limit in time is ours
  bodyTimeout: 0,
  keepAliveTimeout: KEEP_ALIVE_MS,
  keepAliveMaxTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: 65_536,
} as const;

class Dropped extends Error {
  readonly code = "ECONNRESET";
}

/** Keeps at most so many connections, busy and idle: for a new one, the idle one used longest ago is dropped. */
export function connections(open: Open, maxOpenAtFirst: number): Connections {
  let maxOpen = maxOpenAtFirst;
  const all = new Set<One>();
  const idle = new Set<One>(); // in the order of their last use
  const idleByKey = new Map<string, One[]>();
  let parserRead = false;

  class One implements Connection {
    readonly route: Route;
    private client: Dispatcher;
    private socket: Socket | undefined;
    private cancelOpening: (() => void) | undefined;
    private handler: RawHandler | undefined;
    private uses = 0;

    constructor(route: Route) {
      this.route = route;
      // The scheme and port that undici is told only make its own Host header, which is never used.
      this.client = new Client("http://bulkget.invalid", {
        ...CLIENT_OPTIONS,
        connect: (_, done) => this.open(done),
      });
    }

    private open(done: (...args: [null, Socket] | [Error, null]) => void): void {
      this.uses = 0;
      this.handler?.onOpening();
      this.cancelOpening = open(this.route, (error, socket) => {
        this.cancelOpening = undefined;
        if (socket === null) return done(error ?? new Dropped("no connection"), null);
        this.socket = socket;
        done(null, socket);
        if (!socket.destroyed) guard(socket); // else undici could not take it over, and has said so to the request
      });
      // While the first connection is being opened there is time for it.
      if (!parserRead) readParser();
      parserRead = true;
    }

    get reused(): boolean {
      return this.uses > 0;
    }

    get alive(): boolean {
      return this.socket !== undefined && !this.socket.destroyed;
    }

    send(path: string, headers: readonly string[], handler: RawHandler): void {
      this.handler = handler;
      const request = { path, method: "GET" as const, headers: headers as string[] };
      this.client.dispatch(request, handler as unknown as Dispatcher.DispatchHandler);
    }

    used(): void {
      this.handler = undefined;
      this.uses++;
    }

    drop(): void {
      forget(this);
      this.cancelOpening?.();
      // With an error: undici takes a connection that is destroyed without one for the end of a body without a length.
      this.socket?.destroy(new Dropped("dropped"));
    }
  }

  function forget(one: One): void {
    all.delete(one);
    if (!idle.delete(one)) return;
    const others = idleByKey.get(one.route.key)?.filter((other) => other !== one) ?? [];
    if (others.length === 0) idleByKey.delete(one.route.key);
    else idleByKey.set(one.route.key, others);
  }

  /** Drops idle connections, those used longest ago first, until at most `most` are open. */
  function shrink(most: number): void {
    while (all.size > most) {
      const [oldest] = idle;
      if (oldest === undefined) break;
      oldest.drop();
    }
  }

  function fresh(route: Route): Connection {
    shrink(maxOpen - 1);
    const one = new One(route);
    all.add(one);
    return one;
  }

  return {
    fresh,
    take(route) {
      const candidates = idleByKey.get(route.key);
      for (let one = candidates?.pop(); one !== undefined; one = candidates?.pop()) {
        idle.delete(one);
        if (one.alive) return one;
        one.drop();
      }
      return fresh(route);
    },
    release(connection) {
      if (!(connection instanceof One) || !all.has(connection)) return;
      connection.used();
      if (!connection.alive || all.size > maxOpen) return connection.drop();
      idle.add(connection);
      const others = idleByKey.get(connection.route.key);
      if (others === undefined) idleByKey.set(connection.route.key, [connection]);
      else others.push(connection);
    },
    resize(most) {
      maxOpen = most;
      shrink(most);
    },
    close() {
      for (const one of all) one.drop();
    },
  };
}
