// The option `dispatcher`: a dispatcher of the caller's carries the requests, and some other options do not go with it.

import { OptionError } from "../core/errors.ts";
import { dispatcherConnections } from "../http/dispatcher/dispatcher-connections.ts";
import type { Dispatcher } from "../http/dispatcher/dispatcher-shape.ts";
import type { Lease } from "../http/h1/connection-pool.ts";
import type { FetchOptions } from "./http-client.ts";

export interface DispatcherOptions {
  /**
   * An undici Dispatcher (Agent, Pool, ProxyAgent, MockAgent, what `compose` makes of one; of undici 5 or newer) that carries all
   * requests, robots.txt included. It makes the connections, and stays yours to close. Limits, redirects, credentials, cookies,
   * retries and records are as without it, but that connecting has no limit of its own: `timeoutMs` holds until a request is sent,
   * anew whenever another one of its origin is, and then for the headers. Does not go with `proxy`, `publicOnly`, `resolve`,
   * `unixSocket`, `insecure`, `ca`, `cert`, `key` or `http2`. Default: connections of our own.
   */
  readonly dispatcher?: Dispatcher | undefined;
}

type Way = "proxy" | "publicOnly" | "resolve" | "unixSocket" | "insecure" | "ca" | "cert" | "key" | "http2";

/** The options that concern connections, and what undici has in their place. */
const ELSEWHERE: Readonly<Record<Way, string>> = {
  proxy: "use a ProxyAgent as the dispatcher",
  publicOnly: "the addresses that it connects to are not seen; its Agent's connect.lookup can refuse some",
  resolve: "its Agent has connect.lookup",
  unixSocket: "its Agent has connect.socketPath",
  insecure: "its Agent has connect.rejectUnauthorized",
  ca: "its Agent has connect.ca",
  cert: "its Agent has connect.cert",
  key: "its Agent has connect.key",
  http2: "its Agent has allowH2",
};

/** What carries the requests, if not connections of our own. Throws an OptionError for an option that does not go with it. */
export function carrierOf(options: FetchOptions & DispatcherOptions): Lease | undefined {
  const { dispatcher } = options;
  if (dispatcher === undefined) return undefined;
  for (const [name, instead] of Object.entries(ELSEWHERE) as [Way, string][]) {
    if (isSet(options[name]))
      throw new OptionError(
        ({ option }) => `does not go with ${option("dispatcher")}, which makes the connections: ${instead}`,
        name,
      );
  }
  return dispatcherConnections(dispatcher);
}

/** Whether it asks for anything. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== "" && !(Array.isArray(value) && value.length === 0);
}
