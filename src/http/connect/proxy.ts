// Selects the proxy of a URL by curl's rules for -x and the proxy environment variables.

import { OptionError } from "../../core/errors.ts";
import { toUrl } from "../../core/url/to-url.ts";
import { basic, percentDecoded } from "./basic-auth.ts";
import { noProxy, withoutBrackets } from "./no-proxy.ts";

export interface ProxyServer {
  /** For messages, without credentials: `http://host:port`, `socks5://host:port`. */
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** Whether the connection to the proxy itself is TLS. */
  readonly tls: boolean;
  /** The value of Proxy-Authorization, if the proxy's URL has credentials (RFC 7617). */
  readonly authorization?: string;
  /** SOCKS 5 instead of HTTP. */
  readonly socks?: Socks;
}

/** Settings of a SOCKS server (RFC 1928). */
export interface Socks {
  /** Whether the server resolves names itself (socks5h); otherwise it gets addresses. */
  readonly resolves: boolean;
  /** User name and password (RFC 1929), one character per byte. */
  readonly login?: { readonly user: string; readonly password: string };
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns a function that returns the proxy of a URL. `option` (-x) overrides the environment; an empty one means no proxy.
 * Environment, as in curl: `http_proxy` in lower case only (CGI sets HTTP_PROXY from a request header, RFC 3875 section 4.1.18),
 * `https_proxy`, `all_proxy` and `no_proxy` in either case. Throws an OptionError for an invalid proxy.
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

/** Scheme, user and password, host, port; a path or query is ignored. */
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]/?#@]*\]|[^[\]:/?#@\\\s]+)(?::(\d*))?(?:[/?#][^@]*)?$/i;

/**
 * Parses a proxy as curl does. `new URL` differs: a backslash ends the host, and the scheme's default port is dropped.
 * `variable`: the environment variable that has the value, if one does. An `@` behind the host is refused: the password then
 * has an unescaped `/`, `?` or `#`, and the text before it is no host.
 */
function parseProxy(value: string, variable: string | undefined): ProxyServer | undefined {
  const text = value.trim();
  if (text === "") return undefined;
  const [, given = "", userinfo, written = "", digits = ""] = PARTS.exec(withScheme(text)) ?? [];
  const scheme = given.toLowerCase();
  const tls = scheme === "https";
  const port = digits === "" ? (tls ? 443 : 1080) : Number(digits);
  const hostname = hostOf(written);
  // A number alone would be the address 0.0.0.16: it is aria2's -x 16.
  const isNumber = /^\d+$/.test(text);
  if (isNumber || hostname === undefined || !SCHEMES.has(scheme) || port < 1 || port > 65_535) {
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
  const proxy = { origin: `${scheme}://${hostname}:${port}`, host: withoutBrackets(hostname), port, tls };
  const [user, password] = credentialsOf(userinfo ?? "");
  if (scheme.startsWith("socks")) return { ...proxy, socks: socksOf(user, password, scheme === "socks5h") };
  return user === "" && password === "" ? proxy : { ...proxy, authorization: basic(user, password) };
}

/** Adds `http://` to a text without a scheme. `http:/host` is left as it is and refused: its host is not `http`. */
function withScheme(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/|:\/\//i.test(text) ? text : `http://${text}`;
}

/** Returns the host as the URL parser normalises it: lower case, Punycode, canonical address. */
function hostOf(written: string): string | undefined {
  return toUrl(`http://${written}/`)?.hostname || undefined;
}

/** Splits and percent-decodes userinfo, into one character per byte. */
function credentialsOf(userinfo: string): readonly [user: string, password: string] {
  const [user = "", ...password] = userinfo.split(":");
  return [percentDecoded(user), percentDecoded(password.join(":"))];
}

function socksOf(user: string, password: string, resolves: boolean): Socks {
  if (user === "" && password === "") return { resolves };
  // RFC 1929 section 2: each has a length of one byte, and is not empty.
  const fit = [user, password].every(({ length }) => length >= 1 && length <= 255);
  if (!fit) throw new OptionError("a SOCKS proxy takes a user name and a password of 1 to 255 bytes each", "proxy");
  return { resolves, login: { user, password } };
}

function withoutCredentials(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, "$1");
}
