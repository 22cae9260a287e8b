// The connection pool with its connector and DNS look-ups, used unless the caller has a Dispatcher.

import { connector } from "./connect/connector.ts";
import { type ConnectionPool, connectionPool } from "./h1/connection-pool.ts";
import { http2Pool } from "./h2/pool.ts";
import type { GetOptions } from "./options.ts";

export function ownConnections(options: GetOptions): ConnectionPool {
  const readBytes = options.throttle?.readBytes;
  const { open, close } = connector({ ...options, readBytes });
  const pool = connectionPool(open, options.maxConnections, options.http2 ? http2Pool : undefined, readBytes);
  return {
    ...pool,
    close() {
      pool.close();
      close();
    },
  };
}
