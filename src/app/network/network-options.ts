// Network options: proxy, resolve, Unix socket, public addresses only, client certificate.

import { OptionError } from "../../core/errors.ts";
import type { OpenOptions } from "../../http/connect/connector.ts";
import { resolveOverrides } from "../../http/connect/dns/resolve-overrides.ts";
import { type ProxyServer, proxyRules } from "../../http/connect/proxy.ts";

export interface NetworkOptions {
  /**
   * URL of a proxy: `http`, `https`, `socks5` (names are resolved here) or `socks5h` (by the proxy); "" for none. Default: the
   * variables http_proxy, https_proxy, all_proxy and no_proxy.
   */
  readonly proxy?: string | undefined;
  /**
   * Connect only to public addresses that are not this machine's own, redirects included; others fail as `blocked_address`. Does
   * not apply to the address of a proxy and to names that the proxy resolves. Default false.
   */
  readonly publicOnly?: boolean | undefined;
  /** Addresses of hosts, used instead of DNS: `host:port:address[,address]`, as curl's --resolve. */
  readonly resolve?: readonly string[] | undefined;
  /** Path of a Unix domain socket that every request connects to, whatever the URL's host. */
  readonly unixSocket?: string | undefined;
  /** PEM text of a client certificate with its chain, for servers that the list names. */
  readonly cert?: string | undefined;
  /** PEM text of the private key of `cert`, without a passphrase. Default: the key in `cert`. */
  readonly key?: string | undefined;
}

/** Maximum length of a Unix socket's path: sun_path has 108 bytes in Linux, with a NUL at the end (104 in macOS). */
const MAX_SOCKET_PATH_BYTES = 107;

type Route = Pick<OpenOptions, "publicOnly" | "overrides" | "unixSocket" | "cert" | "key"> & {
  readonly proxyFor: (target: URL) => ProxyServer | undefined;
};

/** Throws an OptionError for options that cannot be used, or not together. */
export function networkRoute(options: NetworkOptions, env: NodeJS.ProcessEnv): Route {
  const { proxy, publicOnly = false, unixSocket, cert, key } = options;
  if (key !== undefined && cert === undefined)
    throw new OptionError(({ option }) => `is of no use without ${option("cert")}`, "key");
  const route = { publicOnly, overrides: resolveOverrides(options.resolve ?? []), cert, key };
  if (unixSocket === undefined) return { ...route, proxyFor: proxyRules(proxy, env) };
  if (publicOnly)
    throw new OptionError(({ option }) => `does not go with ${option("publicOnly")}: it has no address`, "unixSocket");
  if (proxy !== undefined && proxy !== "") throw new OptionError("does not go with a proxy", "unixSocket");
  if (unixSocket === "" || Buffer.byteLength(unixSocket) > MAX_SOCKET_PATH_BYTES || unixSocket.includes("\0")) {
    throw new OptionError(`not a path of 1 to ${MAX_SOCKET_PATH_BYTES} bytes`, "unixSocket");
  }
  return { ...route, unixSocket, proxyFor: () => undefined };
}
