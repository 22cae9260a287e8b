// Counts the requests that are in flight at a server, by their Host header, and the most that a host has had at a time.

import type { IncomingMessage, ServerResponse } from "node:http";

export interface HostLoad {
  /** The most requests that one host has had in flight. */
  readonly most: number;
  /** Counts a request until its response is sent, or its connection is closed. */
  count(request: IncomingMessage, response: ServerResponse): void;
}

export function hostLoad(): HostLoad {
  const inFlight = new Map<string, number>();
  let most = 0;
  return {
    get most() {
      return most;
    },
    count({ headers: { host = "" } }, response) {
      const count = (inFlight.get(host) ?? 0) + 1;
      inFlight.set(host, count);
      most = Math.max(most, count);
      response.on("close", () => void inFlight.set(host, (inFlight.get(host) ?? 0) - 1));
    },
  };
}
