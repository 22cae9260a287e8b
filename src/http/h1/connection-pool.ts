// The connections that are open: which one a request may go out on, and when an idle one is dropped.

import { LinkedList } from "../../core/structures/linked-list.ts";
import type { Open } from "../connect/connector.ts";
import { type Connection, connection, type Lasting, type Own, type Route } from "./connection.ts";
import { headRoom } from "./partial-header-block.ts";
import { writeBatcher } from "./write-batcher.ts";

export interface Lease {
  /** The connection used last of those that lie idle, or a new one; or a share in one (HTTP/2). */
  take(route: Route): Connection;
  /** Another connection, where one that was used before has just turned out dead: one that was opened after it. */
  instead(lost: Connection): Connection;
  /** Changes how many there may be. Idle ones that are too many are dropped at once, busy ones when they come back. */
  resize(maxOpen: number): void;
  close(): void;
}

/** Where requests share connections. */
export interface Pool {
  /** A share in a connection that is open, or being opened; or a connection of its own, where it turns out so. */
  take(route: Route): Connection;
  /** The same after a loss: not on the connection that was lost, nor on any before it. */
  instead(lost: Connection): Connection;
}

/** Who keeps count of what is open, and has the connections for requests that share none. */
export interface ConnectionOwner {
  readonly open: Open;
  /** How much is read of a body at once, where bytes have a speed. */
  readonly readBytes: number | undefined;
  opened(one: Lasting): void;
  busy(one: Lasting): void;
  idle(one: Lasting): void;
  dropped(one: Lasting): void;
  /** The connection used last of those that lie idle, or a new one. */
  oneAtATime(route: Route): Connection;
  newOne(route: Route): Connection;
}

/** How long an idle connection is kept, whatever the server promises: 4 s. */
const KEEP_ALIVE_MS = 4000;

/** So often the idle ones are looked through. */
const SWEEP_MS = 500;

/**
 * Keeps at most so many connections, busy and idle: for a new one, the idle one used longest ago is dropped. `sharing`: for requests
 * that ask for HTTP/2. `readBytes`: how much is read of a body at once, where bytes have a speed.
 */
export function connectionPool(
  open: Open,
  maxOpenAtFirst: number,
  sharing: (keeper: ConnectionOwner) => Pool,
  readBytes?: number,
): Lease {
  let maxOpen = maxOpenAtFirst;
  const all = new Set<Lasting>();
  /** In the order in which they became so. */
  const idle = new LinkedList<Lasting>();
  const idleByKey = new Map<string, Own[]>();
  let sweeping: NodeJS.Timeout | undefined;

  const owner = { open, put: writeBatcher(), heads: headRoom(), released: release, dropped: forget };
  const many = sharing({
    open,
    readBytes,
    oneAtATime: take,
    newOne: fresh,
    opened(session) {
      shrink(maxOpen - 1);
      all.add(session);
    },
    busy: (session) => idle.delete(session),
    idle: rest,
    dropped(session) {
      all.delete(session);
      idle.delete(session);
    },
  });

  /** Puts down that nobody uses it now. */
  function rest(one: Lasting): void {
    if (all.size > maxOpen) return one.drop();
    one.idleSinceMs = performance.now();
    idle.add(one);
    sweeping ??= setInterval(sweep, SWEEP_MS).unref();
  }

  function forget(one: Own): void {
    all.delete(one);
    if (one.list !== idle) return;
    idle.delete(one);
    const { key } = one.route;
    const others = idleByKey.get(key)?.filter((other) => other !== one) ?? [];
    if (others.length === 0) idleByKey.delete(key);
    else idleByKey.set(key, others);
  }

  /** Drops idle connections, those used longest ago first, until at most `most` are open. */
  function shrink(most: number): void {
    if (all.size <= most) return;
    for (const one of idle) {
      one.drop();
      if (all.size <= most) return;
    }
  }

  /** Drops what has been idle for too long. No timer while nothing is. */
  function sweep(): void {
    const beforeMs = performance.now() - KEEP_ALIVE_MS;
    for (const one of idle) {
      if (one.idleSinceMs > beforeMs) return;
      one.drop();
    }
    clearInterval(sweeping);
    sweeping = undefined;
  }

  function fresh(route: Route): Own {
    shrink(maxOpen - 1);
    const one = connection(owner, route);
    all.add(one);
    return one;
  }

  function take(route: Route): Own {
    const candidates = idleByKey.get(route.key);
    for (let one = candidates?.pop(); one !== undefined; one = candidates?.pop()) {
      idle.delete(one);
      if (one.isIdle()) return one;
      one.drop();
    }
    return fresh(route);
  }

  function release(one: Own): void {
    if (!all.has(one)) return;
    if (!one.isIdle() || all.size > maxOpen) return one.drop();
    one.resume(); // it may have been paused within its last bytes
    rest(one);
    const others = idleByKey.get(one.route.key);
    if (others === undefined) idleByKey.set(one.route.key, [one]);
    else others.push(one);
  }

  return {
    take: (route) => (route.http2 === true ? many.take(route) : take(route)),
    instead: (lost) => (lost.route.http2 === true ? many.instead(lost) : fresh(lost.route)),
    resize(most) {
      maxOpen = most;
      shrink(most);
    },
    close() {
      clearInterval(sweeping);
      for (const one of all) one.drop();
    },
  };
}
