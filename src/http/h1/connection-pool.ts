// The connection pool: which connection carries a request, how many are open, and when idle ones are closed.

import { LinkedList } from "../../core/structures/linked-list.ts";
import type { Open } from "../connect/connector.ts";
import { type Connection, connection, type Http1Connection, type PooledConnection, type Route } from "./connection.ts";
import { headMemory } from "./partial-header-block.ts";
import { writeBatcher } from "./write-batcher.ts";

export interface ConnectionPool {
  /** Returns the idle connection that was used last, or a new one; with HTTP/2, a stream on a shared connection. */
  acquire(route: Route): Connection;
  /** Returns a connection that was opened after `lost`, a reused connection that turned out to be closed. */
  replace(lost: Connection): Connection;
  /** Changes the maximum number of connections. Surplus idle ones are closed at once, busy ones when they are released. */
  resize(maxOpen: number): void;
  close(): void;
}

/** Connections that requests share (HTTP/2). */
export interface SharedPool {
  /** Returns a stream on a connection that is open or being opened; falls back to HTTP/1.1 if the server has no HTTP/2. */
  acquire(route: Route): Connection;
  /** Returns a stream on a connection that was opened after `lost`. */
  replace(lost: Connection): Connection;
}

/** The pool as the shared connections see it: counts open connections, and has those that are not shared. */
export interface ConnectionOwner {
  readonly open: Open;
  /** Maximum bytes of one read of a body, if a maximum speed is set. */
  readonly readBytes: number | undefined;
  onOpened(one: PooledConnection): void;
  onBusy(one: PooledConnection): void;
  onIdle(one: PooledConnection): void;
  onDropped(one: PooledConnection): void;
  /** Returns the idle HTTP/1.1 connection that was used last, or a new one. */
  acquireHttp1(route: Route): Connection;
  /** Returns a new HTTP/1.1 connection. */
  openHttp1(route: Route): Connection;
}

/** How long an idle connection is kept, in milliseconds, whatever Keep-Alive says: below the 5 s after which Node's servers close. */
const KEEP_ALIVE_MS = 4000;

/** Interval at which expired idle connections are closed, in milliseconds. */
const SWEEP_MS = 500;

/**
 * Keeps at most `initialMaxOpen` connections, busy and idle: for a new one, the least recently used idle one is closed.
 * `createShared`: connections for requests with HTTP/2, if there are any. `readBytes`: maximum bytes of one read, if a maximum speed is set.
 */
export function connectionPool(
  open: Open,
  initialMaxOpen: number,
  createShared: ((owner: ConnectionOwner) => SharedPool) | undefined,
  readBytes?: number,
): ConnectionPool {
  let maxOpen = initialMaxOpen;
  const busy = new LinkedList<PooledConnection>();
  /** Idle connections, the least recently used first. */
  const idle = new LinkedList<PooledConnection>();
  const idleByKey = new Map<string, Http1Connection[]>();
  let sweeping: NodeJS.Timeout | undefined;

  const owner = { open, send: writeBatcher(), heads: headMemory(), onReleased: release, onDropped: forget };
  const shared = createShared?.({
    open,
    readBytes,
    acquireHttp1: acquire,
    openHttp1: openNew,
    onOpened(session) {
      shrink(maxOpen - 1);
      busy.add(session);
    },
    onBusy(session) {
      if (session.list === idle) busy.add(session);
    },
    onIdle: addIdle,
    onDropped: (session) => session.list?.delete(session),
  });

  const openCount = () => busy.size + idle.size;

  function addIdle(one: PooledConnection): void {
    if (openCount() > maxOpen) return one.drop();
    one.idleSinceMs = performance.now();
    idle.add(one);
    sweeping ??= setInterval(sweep, SWEEP_MS).unref();
  }

  function forget(one: Http1Connection): void {
    const wasIdle = one.list === idle;
    one.list?.delete(one);
    const { key } = one.route;
    const known = idleByKey.get(key);
    if (known === undefined) return;
    const others = wasIdle ? known.filter((other) => other !== one) : known;
    if (others.length === 0) idleByKey.delete(key);
    else if (wasIdle) idleByKey.set(key, others);
  }

  /** Closes idle connections, the least recently used first, until at most `most` are open. */
  function shrink(most: number): void {
    if (openCount() <= most) return;
    for (const one of idle) {
      one.drop();
      if (openCount() <= most) return;
    }
  }

  /** Closes expired idle connections. Without idle connections no timer runs. */
  function sweep(): void {
    const beforeMs = performance.now() - KEEP_ALIVE_MS;
    for (const one of idle) {
      if (one.idleSinceMs > beforeMs) return;
      one.drop();
    }
    clearInterval(sweeping);
    sweeping = undefined;
  }

  function openNew(route: Route): Http1Connection {
    shrink(maxOpen - 1);
    const one = connection(owner, route);
    busy.add(one);
    return one;
  }

  function acquire(route: Route): Http1Connection {
    const candidates = idleByKey.get(route.key);
    for (let one = candidates?.pop(); one !== undefined; one = candidates?.pop()) {
      busy.add(one);
      if (one.isIdle()) return one;
      one.drop();
    }
    return openNew(route);
  }

  function release(one: Http1Connection): void {
    if (one.list !== busy) return;
    if (!one.isIdle() || openCount() > maxOpen) return one.drop();
    one.resume(); // it may have been paused within its last bytes
    addIdle(one);
    const others = idleByKey.get(one.route.key);
    if (others === undefined) idleByKey.set(one.route.key, [one]);
    else others.push(one);
  }

  return {
    acquire: (route) => (route.http2 === true && shared ? shared.acquire(route) : acquire(route)),
    replace: (lost) => (lost.route.http2 === true && shared ? shared.replace(lost) : openNew(lost.route)),
    resize(most) {
      maxOpen = most;
      shrink(most);
    },
    close() {
      clearInterval(sweeping);
      for (const one of [...busy, ...idle]) one.drop();
    },
  };
}
