// The pool of shared HTTP/2 connections, with the stream limits of servers, and which servers have only HTTP/1.1.

import type { Connection, Route } from "../h1/connection.ts";
import type { ConnectionOwner, SharedPool } from "../h1/connection-pool.ts";
import { SharedConnection } from "./shared-connection.ts";
import { Http2Stream } from "./stream.ts";
import { MAX_STREAMS } from "./streams.ts";

/** Maximum number of servers in each of the two tables. */
const MAX_KNOWN_SERVERS = 10_000;

/** Requests with the same route key share connections. */
export function http2Pool(owner: ConnectionOwner): SharedPool {
  /** Connections that accept more requests, in the order in which they were opened. */
  const shared = new Map<string, SharedConnection[]>();
  /** Servers that have only HTTP/1.1, with their route for it. */
  const onlyHttp1 = new Map<string, Route>();
  /** Maximum number of concurrent streams of servers that allow fewer than usual. */
  const limits = new Map<string, number>();

  const http1 = (route: Route): Route => {
    const known = onlyHttp1.get(route.key);
    if (known !== undefined) return known;
    if (onlyHttp1.size >= MAX_KNOWN_SERVERS) onlyHttp1.clear();
    // Without HTTP/2 in ALPN: a server that requires HTTP/1.1 (HTTP_1_1_REQUIRED) may accept HTTP/2 again.
    const { http2: _, ...only } = route;
    onlyHttp1.set(route.key, only);
    return only;
  };
  const fallback = {
    refusesHttp2: (route: Route) => void http1(route),
    acquireHttp1: (route: Route) => owner.acquireHttp1(http1(route)),
  };
  const open = (route: Route): SharedConnection => {
    const { key } = route;
    const one: SharedConnection = new SharedConnection(route, owner, limits.get(key) ?? MAX_STREAMS, {
      onOver() {
        const others = shared.get(key)?.filter((other) => other !== one) ?? [];
        if (others.length === 0) shared.delete(key);
        else shared.set(key, others);
      },
      onLimit(maxStreams) {
        if (limits.size >= MAX_KNOWN_SERVERS) limits.clear();
        if (maxStreams < MAX_STREAMS) limits.set(key, maxStreams);
        else limits.delete(key);
      },
    });
    const others = shared.get(key);
    if (others === undefined) shared.set(key, [one]);
    else others.push(one);
    return one;
  };
  const share = (route: Route): Connection => {
    const withRoom = shared.get(route.key)?.find(({ hasRoom }) => hasRoom);
    return new Http2Stream(withRoom ?? open(route), fallback);
  };

  return {
    acquire: (route) => (onlyHttp1.has(route.key) ? owner.acquireHttp1(http1(route)) : share(route)),
    // A lost connection is no longer in `shared`. The requests share the new one: after GOAWAY, up to a hundred are repeated.
    replace: ({ route }) => (onlyHttp1.has(route.key) ? owner.openHttp1(http1(route)) : share(route)),
  };
}
