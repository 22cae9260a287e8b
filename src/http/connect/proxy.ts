// Which proxy a URL goes through, by curl's rules for options and environment.

import { OptionError } from "../../core/errors.ts";
import { basic, plainBytes } from "./basic-auth.ts";
import { bare, noProxy } from "./no-proxy.ts";

export interface ProxyServer {
  /** Without credentials, for messages: `http://host:port`, `socks5://host:port`. */
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** Whether the connection to the proxy itself is TLS. */
  readonly tls: boolean;
  /** The value of Proxy-Authorization, where the proxy's URL has credentials (RFC 7617). */
  readonly authorization?: string;
  /** SOCKS 5 instead of HTTP. */
  readonly socks?: Socks;
}

/** How a SOCKS server is spoken to (RFC 1928). */
export interface Socks {
  /** Whether it is told names, and looks them up itself; else it is told addresses. */
  readonly resolves: boolean;
  /** User name and password (RFC 1929), a character for each byte. */
  readonly login?: { readonly user: string; readonly password: string };
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Gives the proxy for a URL. `option` (-x) beats the environment; an empty one means none. From the environment, as curl
 * reads it: `http_proxy` in lower case only (CGI sets the other from a request header), `https_proxy`, `all_proxy`,
 * `no_proxy` in either. Throws an OptionError for a proxy that cannot be used.
 */
export function proxyRules(option: string | undefined, env: Env): (target: URL) => ProxyServer | undefined {
  const chosen = (...names: string[]): ProxyServer | undefined => {
    if (option !== undefined) return parseProxy(option, undefined);
    const name = names.find((one) => env[one] !== undefined);
    return name === undefined ? undefined : parseProxy(env[name] ?? "", name);
  };
  const http = chosen("http_proxy", "all_proxy", "ALL_PROXY");
  const https = chosen("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");
  if (http === undefined && https === undefined) return () => undefined;
  const excepted = noProxy(env["no_proxy"] ?? env["NO_PROXY"] ?? "");
  return (target) => {
    const proxy = target.protocol === "https:" ? https : http;
    return proxy === undefined || excepted(target) ? undefined : proxy;
  };
}

const SCHEMES = new Set(["http", "https", "socks5", "socks5h"]);

/** A scheme, a user with a password, a host with a port; what follows is of no use to a proxy. */
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]/?#@]*\]|[^[\]:/?#@\\\s]+)(?::(\d*))?(?:[/?#][^@]*)?$/i;

/**
 * Reads a proxy as curl does: not as `new URL`, for which a backslash ends the host, and a port of the scheme's own is none.
 * `variable`: of the environment, where the value is from there. An `@` behind the host is refused: it would be a password with a
 * `/`, `?` or `#` in it, and what is before that no host.
 */
function parseProxy(value: string, variable: string | undefined): ProxyServer | undefined {
  const text = value.trim();
  if (text === "") return undefined;
  const [, given = "", userinfo, written = "", digits = ""] = PARTS.exec(withScheme(text)) ?? [];
  const scheme = given.toLowerCase();
  const tls = scheme === "https";
  const port = digits === "" ? (tls ? 443 : 1080) : Number(digits);
  const hostname = hostOf(written);
  if (hostname === undefined || !SCHEMES.has(scheme) || port < 1 || port > 65_535) {
    const from = variable === undefined ? "" : `${variable}: `;
    const isPassword = /[/?#].*@/.test(text.replace(/^[^/?#]*:\/\//, ""));
    const why = isPassword
      ? "in a password / is %2F, ? is %3F, # is %23"
      : "http, https, socks5 or socks5h://host:port";
    throw new OptionError(
      `${from}not a proxy that can be used: "${withoutCredentials(text)}" (${why})`,
      variable === undefined ? "proxy" : undefined,
    );
  }
  const proxy = { origin: `${scheme}://${hostname}:${port}`, host: bare(hostname), port, tls };
  const [user, password] = credentialsOf(userinfo ?? "");
  if (scheme.startsWith("socks")) return { ...proxy, socks: socksOf(user, password, scheme === "socks5h") };
  return user === "" && password === "" ? proxy : { ...proxy, authorization: basic(user, password) };
}

/** `http:/host` is a slip, and no host named `http`. */
function withScheme(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/|:\/\//i.test(text) ? text : `http://${text}`;
}

/** In lower case, Punycode, an address in its usual form. */
function hostOf(written: string): string | undefined {
  return URL.canParse(`http://${written}/`) ? new URL(`http://${written}/`).hostname || undefined : undefined;
}

/** A character for each byte. */
function credentialsOf(userinfo: string): readonly [user: string, password: string] {
  const [user = "", ...password] = userinfo.split(":");
  return [plainBytes(user), plainBytes(password.join(":"))];
}

function socksOf(user: string, password: string, resolves: boolean): Socks {
  if (user === "" && password === "") return { resolves };
  // RFC 1929 section 2: each has one byte for its length, and is not empty.
  const fit = [user, password].every(({ length }) => length >= 1 && length <= 255);
  if (!fit) throw new OptionError("a SOCKS proxy takes a user name and a password of 1 to 255 bytes each", "proxy");
  return { resolves, login: { user, password } };
}

function withoutCredentials(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, "$1");
}
