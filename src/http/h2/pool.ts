// The connections that many requests share (HTTP/2), by server; and what is known of servers: the limits of some, and who has only HTTP/1.1.

import type { Connection, Route } from "../h1/connection.ts";
import type { ConnectionOwner, Pool } from "../h1/connection-pool.ts";
import { SharedConnection } from "./shared-connection.ts";
import { Http2Stream } from "./stream.ts";
import { MAX_STREAMS } from "./streams.ts";

/** So many servers are remembered, of each kind. */
const MAX_KNOWN = 10_000;

/** Shares connections by the key of their routes. */
export function http2Pool(keeper: ConnectionOwner): Pool {
  /** In the order in which they were opened; only those that take more requests. */
  const shared = new Map<string, SharedConnection[]>();
  /** Where to go by HTTP/1.1. */
  const onlyHttp1 = new Map<string, Route>();
  /** The most streams at a time, where a server allows fewer than usual. */
  const limits = new Map<string, number>();

  const http1 = (route: Route): Route => {
    const known = onlyHttp1.get(route.key);
    if (known !== undefined) return known;
    if (onlyHttp1.size >= MAX_KNOWN) onlyHttp1.clear();
    // HTTP/2 is not offered again: a server that wants HTTP/1.1 for its answers may well take it.
    const { http2: _, ...only } = route;
    onlyHttp1.set(route.key, only);
    return only;
  };
  const fallback = {
    refusesHttp2: (route: Route) => void http1(route),
    oneAtATime: (route: Route) => keeper.oneAtATime(http1(route)),
  };
  const open = (route: Route): SharedConnection => {
    const { key } = route;
    const one: SharedConnection = new SharedConnection(route, keeper, limits.get(key) ?? MAX_STREAMS, {
      onOver() {
        const others = shared.get(key)?.filter((other) => other !== one) ?? [];
        if (others.length === 0) shared.delete(key);
        else shared.set(key, others);
      },
      onLimit(maxStreams) {
        if (limits.size >= MAX_KNOWN) limits.clear();
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
    take: (route) => (onlyHttp1.has(route.key) ? keeper.oneAtATime(http1(route)) : share(route)),
    // One that is lost takes no more requests, and is not among them. Not a connection for each: a server that goes away
    // leaves a hundred requests behind, and would be met by as many.
    instead: ({ route }) => (onlyHttp1.has(route.key) ? keeper.newOne(http1(route)) : share(route)),
  };
}
