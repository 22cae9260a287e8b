// Opens a tunnel through an HTTP proxy by CONNECT (RFC 9110 section 9.3.6).

import { isIP, type Socket } from "node:net";
import { classify } from "../../core/classify.ts";
import { fdExhaustion } from "../../core/fd-exhaustion.ts";
import type { ProxyServer } from "./proxy.ts";

/** Maximum length of the answer to CONNECT with the informational ones before it, in bytes: 16 KiB. */
const MAX_HEAD_BYTES = 16_384;

/** An empty line. A lone line feed also ends a line (RFC 9112 section 2.2). */
const EMPTY_LINE = /\n\r?\n/g;

/** Blanks and empty lines before a status line, which are ignored. */
const LEADING_BLANKS = /^[ \t\r\n]+/;

/** A status line as curl parses it: any blanks, and anything after the three digits. */
const STATUS_LINE = /^HTTP\/1\.\d[ \t]+(\d{3})(?!\d)/;

/** The proxy opened no tunnel. `status`: the status of its answer, if there was one. */
export class ProxyRefusal extends Error {
  readonly code = "BULKGET_PROXY";
  readonly status: number | undefined;
  constructor(proxy: ProxyServer, what: string, status?: number) {
    super(`proxy ${proxy.origin} ${what}`);
    this.status = status;
  }
}

/** Turns an error on the way to the proxy into a ProxyRefusal, except TLS errors and those of this machine. */
export function proxyError(proxy: ProxyServer, error: Error): Error {
  const { error: kind, detail } = classify(error, "connect");
  const isOther = kind.startsWith("tls_") || kind === "internal" || fdExhaustion(error) !== undefined;
  return isOther ? error : new ProxyRefusal(proxy, `cannot be reached: ${detail}`);
}

/** Returns host:port as in CONNECT and Host (RFC 9110 section 7.2). */
export function authority({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Requests a tunnel to `authority` (host:port) over a connected socket, and calls `done` once. Bytes after the answer's header
 * block are refused. The caller has the time limit.
 */
export function connectTunnel(
  socket: Socket,
  proxy: ProxyServer,
  authority: string,
  userAgent: string,
  done: (error: Error | undefined) => void,
): void {
  let head = "";
  let bytes = 0;
  const finish = (error?: Error) => {
    socket.off("data", onData).off("end", onEnd);
    socket.pause();
    done(error);
  };
  const onEnd = () => finish(new ProxyRefusal(proxy, "closed the connection on CONNECT"));
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    const known = Math.max(0, head.length - 2);
    head = (head + chunk.toString("latin1")).replace(LEADING_BLANKS, "");
    for (let end = endOf(head, known); end !== -1; end = endOf(head, 0)) {
      const status = Number(STATUS_LINE.exec(head)?.[1] ?? Number.NaN);
      const rest = head.slice(end);
      if (Number.isNaN(status)) return finish(new ProxyRefusal(proxy, "does not speak HTTP"));
      if (status >= 100 && status < 200 && bytes <= MAX_HEAD_BYTES) {
        head = rest.replace(LEADING_BLANKS, "");
      } else if (status < 200 || status > 299) {
        return finish(new ProxyRefusal(proxy, `answered CONNECT with ${status}`, status));
      } else return finish(rest === "" ? undefined : new ProxyRefusal(proxy, "sent bytes before the tunnel was used"));
    }
    if (bytes > MAX_HEAD_BYTES) finish(new ProxyRefusal(proxy, "answered CONNECT with an endless header block"));
    else if (!"HTTP/1.".startsWith(head.slice(0, 7))) finish(new ProxyRefusal(proxy, "does not speak HTTP"));
  };
  socket.on("data", onData).on("end", onEnd);
  const agent = userAgent === "" ? "" : `User-Agent: ${userAgent}\r\n`;
  const authorization = proxy.authorization === undefined ? "" : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${agent}${authorization}\r\n`);
}

/** Returns the index after the header block's end, searched from `from` on; -1 if it has not ended. */
function endOf(head: string, from: number): number {
  EMPTY_LINE.lastIndex = from;
  return EMPTY_LINE.test(head) ? EMPTY_LINE.lastIndex : -1;
}
