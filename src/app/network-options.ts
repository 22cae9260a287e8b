// How the web is reached where it is not simply there: what a user may say of addresses, sockets and certificates.

import { OptionError } from "../core/errors.ts";
import type { OpenOptions } from "../http/connect/connector.ts";
import { type ProxyServer, proxyRules } from "../http/connect/proxy.ts";
import { resolveOverrides } from "../http/connect/resolve-overrides.ts";

export interface NetworkOptions {
  /**
   * A proxy's URL: `http`, `https`, `socks5` (names are looked up here) or `socks5h` (by the proxy); "" for none. Default: the
   * environment's (http_proxy, https_proxy, all_proxy, no_proxy).
   */
  readonly proxy?: string | undefined;
  /**
   * Connect to public addresses only, and to none of this machine's own, redirects included; any other is `blocked_address`. A
   * proxy looks up names itself, and may be anywhere. Default false.
   */
  readonly publicOnly?: boolean | undefined;
  /** Where hosts are, before DNS is asked: `host:port:address[,address]`, as curl's --resolve. */
  readonly resolve?: readonly string[] | undefined;
  /** The path of a Unix socket through which everything goes, instead of to the URL's host. */
  readonly unixSocket?: string | undefined;
  /** PEM text of a certificate to show to servers that the list names, with its chain. */
  readonly cert?: string | undefined;
  /** PEM text of its key, without a passphrase. Default: in `cert`. */
  readonly key?: string | undefined;
}

/** Linux holds one byte more (sun_path of 108), macOS three fewer. */
const MAX_SOCKET_PATH_BYTES = 107;

type Way = Pick<OpenOptions, "publicOnly" | "pins" | "unixSocket" | "cert" | "key"> & {
  readonly proxyFor: (target: URL) => ProxyServer | undefined;
};

/** Throws an OptionError for what cannot be used, or not together. */
export function networkRoute(options: NetworkOptions, env: NodeJS.ProcessEnv): Way {
  const { proxy, publicOnly = false, unixSocket, cert, key } = options;
  if (key !== undefined && cert === undefined)
    throw new OptionError(({ option }) => `is of no use without ${option("cert")}`, "key");
  const pinned = resolveOverrides(options.resolve ?? []);
  const ways = {
    publicOnly,
    ...(pinned === undefined ? {} : { pins: pinned }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  if (unixSocket === undefined) return { ...ways, proxyFor: proxyRules(proxy, env) };
  if (publicOnly)
    throw new OptionError(({ option }) => `does not go with ${option("publicOnly")}: it has no address`, "unixSocket");
  if (proxy !== undefined && proxy !== "") throw new OptionError("does not go with a proxy", "unixSocket");
  if (unixSocket === "" || Buffer.byteLength(unixSocket) > MAX_SOCKET_PATH_BYTES || unixSocket.includes("\0")) {
    throw new OptionError(`not a path of 1 to ${MAX_SOCKET_PATH_BYTES} bytes`, "unixSocket");
  }
  return { ...ways, unixSocket, proxyFor: () => undefined };
}
