// The queue of times at which the frontier has to update a host, in memory proportional to the waiting hosts.

import type { Host } from "./host.ts";
import { heap } from "./order.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Outdated entries are removed when they outnumber the others by more than this, so that small heaps are never rebuilt. */
const MAX_SPARE_ENTRIES = 64;

export interface WakeQueue {
  /** Sets `wakeMs` of a host; Infinity for never. */
  set(host: Host, wakeMs: number): void;
  /** Removes and returns the next host whose time has come. */
  due(nowMs: number): Host | undefined;
  /** The earliest time; Infinity for none. */
  leastMs(): number;
}

/** Changes of a host's time leave outdated entries in the heap: they are skipped, and removed by a rebuild. */
export function wakeQueue(): WakeQueue {
  let entries = heap<Host>();
  let waiting = 0;

  const rebuild = () => {
    const hosts = new Set<Host>();
    for (
      let atMs = entries.minKey, host = entries.pop();
      host !== undefined;
      atMs = entries.minKey, host = entries.pop()
    ) {
      if (host.wakeMs === atMs) hosts.add(host);
    }
    entries = heap();
    for (const host of hosts) entries.push(host.wakeMs, host);
  };

  return {
    set(host, wakeMs) {
      if (wakeMs === host.wakeMs) return;
      if (host.wakeMs === NEVER) waiting++;
      if (wakeMs === NEVER) waiting--;
      host.wakeMs = wakeMs;
      if (wakeMs === NEVER) return;
      entries.push(wakeMs, host);
      if (entries.size > 2 * waiting + MAX_SPARE_ENTRIES) rebuild();
    },
    due(nowMs) {
      while (entries.minKey <= nowMs) {
        const host = entries.pop();
        if (host !== undefined && host.wakeMs <= nowMs) return host;
      }
      return undefined;
    },
    leastMs() {
      while (entries.size > 0 && entries.peek()?.wakeMs !== entries.minKey) entries.pop();
      return entries.minKey;
    },
  };
}
