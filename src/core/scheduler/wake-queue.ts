// When the frontier is to look at a host again: the earliest first, in memory that grows with the hosts that wait, and no more.

import type { Host } from "./host.ts";
import { heap } from "./order.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Times that no longer count are taken out when they outnumber those that do, and there are more than so many. */
const SPARE = 64;

export interface WakeQueue {
  /** Sets `wakeMs` of a host; Infinity for never. */
  set(host: Host, wakeMs: number): void;
  /** The next host whose time has come; it is not returned again. */
  due(nowMs: number): Host | undefined;
  /** The earliest time; Infinity for none. */
  leastMs(): number;
}

/** A host that waits again and again for the same time, as one that only fails, would leave an entry for each time. */
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
      if (entries.size > 2 * waiting + SPARE) rebuild();
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
