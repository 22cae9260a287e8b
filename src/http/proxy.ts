// Which proxy a URL goes through, by curl's rules for options and environment; and the CONNECT that opens a tunnel.

import { BlockList, isIP, type Socket } from "node:net";
import { OptionError } from "../core/option.ts";

export interface ProxyServer {
  /** Without credentials, for messages: `http://host:port`. */
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** Whether the connection to the proxy itself is TLS. */
  readonly tls: boolean;
  /** The value of Proxy-Authorization, where the proxy's URL has credentials (RFC 7617). */
  readonly authorization?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Gives the proxy for a URL. `option` (-x) beats the environment; an empty one means none. From the environment, as curl
 * reads it: `http_proxy` in lower case only (CGI sets the other from a request header), `https_proxy`, `all_proxy`,
 * `no_proxy` in either. Throws an OptionError for a proxy that cannot be used.
 */
export function proxyRules(option: string | undefined, env: Env): (target: URL) => ProxyServer | undefined {
  const pick = (...names: string[]) => names.map((name) => env[name]).find((value) => value !== undefined);
  const all = option ?? pick("all_proxy", "ALL_PROXY");
  const http = parseProxy(option ?? pick("http_proxy") ?? all);
  const https = parseProxy(option ?? pick("https_proxy", "HTTPS_PROXY") ?? all);
  if (http === undefined && https === undefined) return () => undefined;
  const excepted = noProxy(pick("no_proxy", "NO_PROXY") ?? "");
  return (target) => {
    const proxy = target.protocol === "https:" ? https : http;
    return proxy === undefined || excepted(target.hostname) ? undefined : proxy;
  };
}

function parseProxy(value: string | undefined): ProxyServer | undefined {
  if (value === undefined || value === "") return undefined;
  const url = parsed(value.includes("://") ? value : `http://${value}`);
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new OptionError(
      `not a proxy that can be used: "${withoutCredentials(value)}" (http://host:port or https://host:port)`,
    );
  }
  const tls = url.protocol === "https:";
  // `new URL` drops a port that is the scheme's own: read it from the text. curl's default is 1080, for https 443.
  const port = Number(/:(\d+)\/*$/.exec(value)?.[1] ?? (tls ? 443 : 1080));
  const host = bare(url.hostname);
  const proxy = { origin: `${url.protocol}//${url.hostname}:${port}`, host, port, tls };
  const authorization = basicAuthorization(url);
  return authorization === undefined ? proxy : { ...proxy, authorization };
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

/** An IPv6 host without its brackets. */
export function bare(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/** Matches hosts by `no_proxy`: `*`, names with everything below them, addresses, and CIDR blocks (curl 7.86). */
function noProxy(list: string): (hostname: string) => boolean {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.includes("*")) return () => true;
  const blocks = new BlockList();
  const names: string[] = [];
  for (const entry of entries) {
    const [address = "", bits] = bare(entry).split("/");
    const family = isIP(address);
    if (family === 0) names.push(entry.toLowerCase().replace(/^\./, "").replace(/\.$/, ""));
    else if (bits === undefined) blocks.addAddress(address, family === 6 ? "ipv6" : "ipv4");
    else if (Number(bits) <= (family === 6 ? 128 : 32))
      blocks.addSubnet(address, Number(bits), family === 6 ? "ipv6" : "ipv4");
  }
  return (hostname) => {
    const host = bare(hostname).toLowerCase().replace(/\.$/, "");
    const family = isIP(host);
    if (family !== 0) return blocks.check(host, family === 6 ? "ipv6" : "ipv4");
    return names.some((name) => host === name || host.endsWith(`.${name}`));
  };
}

/** The longest answer to CONNECT that is read: 16 KiB. */
const MAX_HEAD = 16_384;

/** The proxy made no tunnel; `status` is its answer's, where it gave one. */
export class ProxyRefusal extends Error {
  readonly code = "BULKGET_PROXY";
  readonly status: number | undefined;
  constructor(proxy: ProxyServer, what: string, status?: number) {
    super(`proxy ${proxy.origin} ${what}`);
    this.status = status;
  }
}

/**
 * Asks for a tunnel to `authority` (host:port) over a connected socket (RFC 9110 section 9.3.6), and calls `done` once.
 * Reads no byte past the answer's header block: what follows it unasked is refused. Has no limit in time: the caller's.
 */
export function connectTunnel(
  socket: Socket,
  proxy: ProxyServer,
  authority: string,
  userAgent: string,
  done: (error: Error | undefined) => void,
): void {
  let head = "";
  const finish = (error?: Error) => {
    socket.off("data", onData).off("end", onEnd);
    socket.pause();
    done(error);
  };
  const onEnd = () => finish(new ProxyRefusal(proxy, "closed the connection on CONNECT"));
  const onData = (chunk: Buffer) => {
    head += chunk.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) {
      if (head.length > MAX_HEAD) finish(new ProxyRefusal(proxy, "answered CONNECT with an endless header block"));
      else if (!"HTTP/1.".startsWith(head.slice(0, 7))) finish(new ProxyRefusal(proxy, "does not speak HTTP"));
      return;
    }
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1] ?? Number.NaN);
    if (status >= 100 && status < 200) {
      head = head.slice(end + 4);
      return;
    }
    if (Number.isNaN(status)) finish(new ProxyRefusal(proxy, "does not speak HTTP"));
    else if (status < 200 || status > 299) finish(new ProxyRefusal(proxy, `answered CONNECT with ${status}`, status));
    else if (head.length > end + 4) finish(new ProxyRefusal(proxy, "sent bytes before the tunnel was used"));
    else finish();
  };
  socket.on("data", onData).on("end", onEnd);
  const authorization = proxy.authorization === undefined ? "" : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: ${userAgent}\r\n${authorization}\r\n`,
  );
}
