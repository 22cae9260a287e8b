// Requests that a dispatcher has not sent yet: while it sends others of their origin they are in a queue, a time that does not count.

export interface UnsentRequests<T> {
  /** One waits to be sent. */
  enter(origin: string, one: T): void;
  /** One was sent: all others of its origin have moved up. */
  sent(origin: string, one: T): void;
  /** One is given up. */
  leave(origin: string, one: T): void;
}

interface Queue<T> {
  readonly all: Set<T>;
  movedMs: number;
}

/** The time between two walks through all that wait, at least: they may be thousands, and each of them is sent once. */
const MOVE_MS = 25;

/** Calls `onMoved` for all that still wait when one of their origin is sent, but only once in 25 ms. */
export function unsentRequests<T>(onMoved: (one: T) => void): UnsentRequests<T> {
  const byOrigin = new Map<string, Queue<T>>();

  const leave = (origin: string, one: T): Queue<T> | undefined => {
    const queue = byOrigin.get(origin);
    if (queue?.all.delete(one) === true && queue.all.size === 0) byOrigin.delete(origin);
    return queue;
  };

  return {
    enter(origin, one) {
      const queue = byOrigin.get(origin);
      if (queue === undefined) byOrigin.set(origin, { all: new Set([one]), movedMs: performance.now() });
      else queue.all.add(one);
    },
    sent(origin, one) {
      const queue = leave(origin, one);
      const nowMs = performance.now();
      if (queue === undefined || nowMs - queue.movedMs < MOVE_MS) return;
      queue.movedMs = nowMs;
      for (const other of queue.all) onMoved(other);
    },
    leave,
  };
}
