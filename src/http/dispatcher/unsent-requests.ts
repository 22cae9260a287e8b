// Tracks requests that a dispatcher has queued: their time limit restarts while it sends others of their origin.

export interface UnsentRequests<T> {
  /** Adds a request that waits to be sent. */
  add(origin: string, request: T): void;
  /** Removes a request that was sent, and notifies the others of its origin. */
  onSent(origin: string, request: T): void;
  /** Removes a request that was cancelled. */
  remove(origin: string, request: T): void;
}

interface Queue<T> {
  readonly all: Set<T>;
  notifiedMs: number;
}

/** Minimum interval between two notifications, in milliseconds: thousands may wait, and each one sent would notify all. */
const NOTIFY_INTERVAL_MS = 25;

/** Calls `onQueueMoved` for all waiting requests when one of their origin is sent, at most once per `NOTIFY_INTERVAL_MS`. */
export function unsentRequests<T>(onQueueMoved: (request: T) => void): UnsentRequests<T> {
  const byOrigin = new Map<string, Queue<T>>();

  const remove = (origin: string, request: T): Queue<T> | undefined => {
    const queue = byOrigin.get(origin);
    if (queue?.all.delete(request) === true && queue.all.size === 0) byOrigin.delete(origin);
    return queue;
  };

  return {
    add(origin, request) {
      const queue = byOrigin.get(origin);
      if (queue === undefined) byOrigin.set(origin, { all: new Set([request]), notifiedMs: performance.now() });
      else queue.all.add(request);
    },
    onSent(origin, request) {
      const queue = remove(origin, request);
      const nowMs = performance.now();
      if (queue === undefined || nowMs - queue.notifiedMs < NOTIFY_INTERVAL_MS) return;
      queue.notifiedMs = nowMs;
      for (const waiting of queue.all) onQueueMoved(waiting);
    },
    remove,
  };
}
