// Connections of our own: the pool, with HTTP/2 where it is asked for, and the look-ups of names for them.

import { connector } from "./connect/connector.ts";
import { type ConnectionPool, connectionPool } from "./h1/connection-pool.ts";
import { http2Pool } from "./h2/pool.ts";
import type { GetOptions } from "./options.ts";

/** What carries the requests, where the caller brings nothing for it. */
export function ownConnections(options: GetOptions): ConnectionPool {
  const readBytes = options.throttle?.readBytes;
  const { open, close } = connector({ ...options, readBytes });
  const pool = connectionPool(open, options.maxConnections, http2Pool, readBytes);
  return {
    ...pool,
    close() {
      pool.close();
      close();
    },
  };
}
