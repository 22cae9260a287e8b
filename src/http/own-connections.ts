// Connections of our own: the pool, with HTTP/2 where it is asked for, and the look-ups of names for them.

import { opener } from "./connect/open.ts";
import type { GetOptions } from "./get.ts";
import { http2Pool } from "./h2/pool.ts";
import { type Connections, connections } from "./wire/connections.ts";

/** What carries the requests, where the caller brings nothing for it. */
export function ownConnections(options: GetOptions): Connections {
  const readBytes = options.throttle?.readBytes;
  const { open, close } = opener({ ...options, readBytes });
  const pool = connections(open, options.maxConnections, http2Pool, readBytes);
  return {
    ...pool,
    close() {
      pool.close();
      close();
    },
  };
}
