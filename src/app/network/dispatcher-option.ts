// The option `dispatcher`: sends requests with the caller's undici Dispatcher, and refuses options that conflict with it.

import { OptionError } from "../../core/errors.ts";
import { dispatcherConnections } from "../../http/dispatcher/dispatcher-connections.ts";
import type { Dispatcher } from "../../http/dispatcher/dispatcher-shape.ts";
import type { ConnectionPool } from "../../http/h1/connection-pool.ts";
import type { OutputOptions } from "../output/output-options.ts";
import type { FetchOptions } from "./http-client.ts";

export interface DispatcherOptions {
  /**
   * An undici Dispatcher (Agent, Pool, ProxyAgent, MockAgent, or the result of `compose`; undici 5 or newer) that sends all
   * requests, including those for robots.txt. It makes the connections, and the caller closes it. Limits, redirects, credentials,
   * cookies, retries and records work as without it, except that connecting has no limit of its own: `timeoutMs` applies until a
   * request is sent, starts again whenever another request of its origin is sent, and then applies to the headers. Cannot be
   * combined with `proxy`, `publicOnly`, `resolve`, `unixSocket`, `insecure`, `ca`, `cert`, `key`, `http2` or `saveHeaders`. Default:
   * bulkget's own connections.
   */
  readonly dispatcher?: Dispatcher | undefined;
}

type ConnectionOption =
  | "proxy"
  | "publicOnly"
  | "resolve"
  | "unixSocket"
  | "insecure"
  | "ca"
  | "cert"
  | "key"
  | "http2"
  | "saveHeaders";

/** The options that concern connections, and undici's replacement for each. */
const REPLACEMENTS: Readonly<Record<ConnectionOption, string>> = {
  proxy: "use a ProxyAgent as the dispatcher",
  publicOnly: "the addresses that it connects to are not seen; its Agent's connect.lookup can refuse some",
  resolve: "its Agent has connect.lookup",
  unixSocket: "its Agent has connect.socketPath",
  insecure: "its Agent has connect.rejectUnauthorized",
  ca: "its Agent has connect.ca",
  cert: "its Agent has connect.cert",
  key: "its Agent has connect.key",
  http2: "its Agent has allowH2",
  saveHeaders: "undici does not pass on headers as they were sent",
};

/** The connections of the caller's dispatcher, if there is one. Throws an OptionError for an option that conflicts with it. */
export function carrierOf(
  options: FetchOptions & DispatcherOptions & Pick<OutputOptions, "format" | "saveHeaders">,
): ConnectionPool | undefined {
  const { dispatcher, format } = options;
  if (dispatcher === undefined) return undefined;
  if (format === "warc") {
    const why = "undici does not pass on headers as they were sent";
    throw new OptionError(({ option }) => `warc does not go with ${option("dispatcher")}: ${why}`, "format");
  }
  for (const [name, instead] of Object.entries(REPLACEMENTS) as [ConnectionOption, string][]) {
    if (isSet(options[name]))
      throw new OptionError(
        ({ option }) => `does not go with ${option("dispatcher")}, which makes the connections: ${instead}`,
        name,
      );
  }
  return dispatcherConnections(dispatcher);
}

/** Whether an option has an effect. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && value !== "" && !(Array.isArray(value) && value.length === 0);
}
