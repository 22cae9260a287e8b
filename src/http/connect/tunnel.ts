// CONNECT: an HTTP proxy opens a tunnel to wherever we want, or says why not.

import { isIP, type Socket } from "node:net";
import { classify } from "../../core/classify.ts";
import { fdExhaustion } from "./fd-exhaustion.ts";
import type { ProxyServer } from "./proxy.ts";

/** The longest answer to CONNECT that is read, informational ones before it included: 16 KiB. */
const MAX_HEAD = 16_384;

/** An empty line; a lone line feed is a line's end, too (RFC 9112 section 2.2). */
const END = /\n\r?\n/g;

/** Before a status line they mean nothing. */
const BLANKS = /^[ \t\r\n]+/;

/** As curl reads it: any blanks, and whatever comes behind the three digits. */
const STATUS = /^HTTP\/1\.\d[ \t]+(\d{3})(?!\d)/;

/** The proxy made no tunnel; `status` is its answer's, where it gave one. */
export class ProxyRefusal extends Error {
  readonly code = "BULKGET_PROXY";
  readonly status: number | undefined;
  constructor(proxy: ProxyServer, what: string, status?: number) {
    super(`proxy ${proxy.origin} ${what}`);
    this.status = status;
  }
}

/** What went wrong on the way to the proxy is its failure; but not a certificate of its own, nor what this machine lacks. */
export function blamedOn(proxy: ProxyServer, error: Error): Error {
  const { error: kind, detail } = classify(error, "connect");
  const isOther = kind.startsWith("tls_") || kind === "internal" || fdExhaustion(error) !== undefined;
  return isOther ? error : new ProxyRefusal(proxy, `cannot be reached: ${detail}`);
}

/** host:port, as CONNECT and Host have it. */
export function authority({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
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
    head = (head + chunk.toString("latin1")).replace(BLANKS, "");
    for (let end = endOf(head, known); end !== -1; end = endOf(head, 0)) {
      const status = Number(STATUS.exec(head)?.[1] ?? Number.NaN);
      const rest = head.slice(end);
      if (Number.isNaN(status)) return finish(new ProxyRefusal(proxy, "does not speak HTTP"));
      if (status >= 100 && status < 200 && bytes <= MAX_HEAD) {
        head = rest.replace(BLANKS, "");
      } else if (status < 200 || status > 299) {
        return finish(new ProxyRefusal(proxy, `answered CONNECT with ${status}`, status));
      } else return finish(rest === "" ? undefined : new ProxyRefusal(proxy, "sent bytes before the tunnel was used"));
    }
    if (bytes > MAX_HEAD) finish(new ProxyRefusal(proxy, "answered CONNECT with an endless header block"));
    else if (!"HTTP/1.".startsWith(head.slice(0, 7))) finish(new ProxyRefusal(proxy, "does not speak HTTP"));
  };
  socket.on("data", onData).on("end", onEnd);
  const agent = userAgent === "" ? "" : `User-Agent: ${userAgent}\r\n`;
  const authorization = proxy.authorization === undefined ? "" : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${agent}${authorization}\r\n`);
}

/** Where a header block is over, in a text that has no end before `from`; -1 where it is not. */
function endOf(head: string, from: number): number {
  END.lastIndex = from;
  return END.test(head) ? END.lastIndex : -1;
}
