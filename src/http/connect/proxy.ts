// Which proxy a URL goes through, by curl's rules for options and environment.

import { OptionError } from "../../core/option.ts";
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
  /** User name and password (RFC 1929). */
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

const SCHEMES = new Set(["http:", "https:", "socks5:", "socks5h:"]);

/** `variable`: of the environment, where the value is from there. */
function parseProxy(value: string, variable: string | undefined): ProxyServer | undefined {
  if (value === "") return undefined;
  const text = value.includes("://") ? value : `http://${value}`;
  const scheme = text.slice(0, text.indexOf(":") + 1).toLowerCase();
  // Read as http, since `new URL` knows little of a socks5 one's host.
  const url = parsed(`http${text.slice(text.indexOf(":"))}`);
  if (url === undefined || !SCHEMES.has(scheme) || url.hostname === "") {
    const from = variable === undefined ? "" : `${variable}: `;
    const shown = withoutCredentials(value);
    throw new OptionError(
      `${from}not a proxy that can be used: "${shown}" (http, https, socks5 or socks5h://host:port)`,
      variable === undefined ? "proxy" : undefined,
    );
  }
  const tls = scheme === "https:";
  // `new URL` drops a port that is the scheme's own: read it from the text. curl's default is 1080, for https 443.
  const port = Number(/:(\d+)\/*$/.exec(value)?.[1] ?? (tls ? 443 : 1080));
  const proxy = { origin: `${scheme}//${url.hostname}:${port}`, host: bare(url.hostname), port, tls };
  if (scheme.startsWith("socks")) return { ...proxy, socks: socksOf(url, scheme === "socks5h:") };
  const authorization = basicAuthorization(url);
  return authorization === undefined ? proxy : { ...proxy, authorization };
}

function socksOf(url: URL, resolves: boolean): Socks {
  const login = { user: decoded(url.username), password: decoded(url.password) };
  if (login.user === "" && login.password === "") return { resolves };
  // RFC 1929 section 2: each has one byte for its length, and is not empty.
  const fit = Object.values(login).every((part) => part !== "" && Buffer.byteLength(part) <= 255);
  if (!fit) throw new OptionError("a SOCKS proxy takes a user name and a password of 1 to 255 bytes each", "proxy");
  return { resolves, login };
}

function parsed(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** The value of a Basic Authorization header (RFC 7617) for a URL's user and password; undefined where it has none. */
export function basicAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const credentials = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(credentials, "utf8").toString("base64")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutCredentials(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, "$1");
}
