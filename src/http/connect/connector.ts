// Opens one connection: look-up, TCP, the proxy's part and TLS, in this order, cancellable at every step.

import { connect as connectTcp, isIP, type Socket, type SocketConstructorOpts } from "node:net";
import { classify } from "../../core/classify.ts";
import type { ConnectTiming } from "./connect-timing.ts";
import { type ResolveOptions, resolver } from "./dns/resolve.ts";
import { happyEyeballs } from "./happy-eyeballs.ts";
import type { ProxyServer } from "./proxy.ts";
import { connectSocks } from "./socks.ts";
import { READ_BYTES, securer, type TlsOptions } from "./tls.ts";
import { authority, connectTunnel, proxyError } from "./tunnel.ts";

/** Where a connection leads. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Offer HTTP/2 by ALPN (RFC 7301); the socket's `alpnProtocol` is the negotiated protocol. */
  readonly http2?: boolean;
  readonly proxy?: ProxyServer | undefined;
  /** The path of a Unix socket to connect to instead of the host. */
  readonly unixSocket?: string | undefined;
  /** Present no client certificate. */
  readonly anonymous?: boolean;
}

export interface OpenOptions extends ResolveOptions, TlsOptions {
  /** The time limit for opening a connection. The caller enforces it; here it only spaces attempts. */
  readonly connectTimeoutMs: number;
  /** The path of a Unix socket for all connections. */
  readonly unixSocket?: string | undefined;
  readonly userAgent: string;
  /** Maximum size of one read, in bytes. Default: 256 KiB. */
  readonly readBytes?: number | undefined;
}

/** The callbacks and timing of a connection that is being opened. */
export interface Opening {
  readonly steps: ConnectTiming;
  /** Called once, with an error or a socket. */
  done(error: Error | null, socket: Socket | null): void;
  /** Called with received bytes. Unless `isOurs`, the next read of any connection overwrites them. */
  read?(bytes: Buffer, isOurs: boolean): void;
}

type Found = (addresses: readonly string[]) => void;

/** Opens a connection. Returns a function that cancels it, which also calls `done`. Has no time limit of its own. */
export type Open = (to: Destination, opening: Opening) => () => void;

export interface Connector {
  readonly open: Open;
  /** Cancels pending look-ups. To be called when no connection is being opened. */
  close(): void;
}

/**
 * The read buffer of all connections whose socket has Node's `onread` option: bytes are consumed before the next read.
 * 256 KiB holds a body of 64 KiB and its headers in one read, needs few reads for a large body, and fits a processor's cache.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(4 * READ_BYTES);

/** Throws an OptionError for a certificate or a key that cannot be used. */
export function connector(options: OpenOptions): Connector {
  const nameResolver = resolver(options);
  const secured = securer(options);
  const readBuffer = options.readBytes === undefined ? READ_BUFFER : Buffer.allocUnsafeSlow(options.readBytes);

  const open: Open = (to, { steps, done, read }) => {
    const { proxy } = to;
    const isPlain = !to.tls && proxy?.tls !== true && proxy?.socks === undefined;
    /** TLS from the first byte on, without a proxy or Unix socket. */
    const isDirectTls = to.tls && proxy === undefined && to.unixSocket === undefined;
    let current: Socket | undefined;
    let giveUp: (() => void) | undefined;
    let shareTimer: NodeJS.Timeout | undefined;
    /** Whether an error now is the proxy's. */
    let atProxy = proxy !== undefined;
    /** A server refused a TLS session: further handshakes are full ones. */
    let isFull = false;
    let settled = false;

    const onRead = (bytes: number, buffer: Uint8Array) => {
      read?.((buffer as Buffer).subarray(0, bytes), false);
      return true;
    };
    const onread = { buffer: readBuffer, callback: onRead };
    const tcp: SocketConstructorOpts & { noDelay: boolean; highWaterMark: number } = {
      noDelay: true,
      highWaterMark: READ_BYTES,
      ...(isPlain ? { onread } : {}),
    };
    const settle = (error: Error | null, socket: Socket | null) => {
      if (settled) return;
      settled = true;
      clearTimeout(shareTimer);
      giveUp?.();
      if (error !== null) current?.destroy();
      done(error, socket);
      if (!isPlain && !isDirectTls && read !== undefined)
        socket?.on("data", (bytes: Buffer) => read(bytes, true)).resume();
    };
    const fail = (error: Error) => settle(atProxy && proxy !== undefined ? proxyError(proxy, error) : error, null);
    /** Makes `socket` the current one, and handles its errors for as long as it lives. */
    const adopt = <S extends Socket>(
      socket: S,
      ready: "connect" | "secureConnect" | "now",
      next: (socket: S) => void,
    ) => {
      current = socket;
      const wasFull = isFull;
      const failed = (error: Error) => {
        if (wasFull !== isFull) return; // the socket offered a session and was replaced
        if (current !== undefined && isRefusal(current, error)) startOver(current);
        else fail(error);
      };
      socket.on("error", failed).once("close", () => {
        if (!settled) failed(reset()); // only if needed: errors are expensive to create
      });
      if (ready === "now") return next(socket);
      socket.once(ready, () => {
        if (!settled) next(socket);
      });
    };

    /** Whether a failed handshake had offered a session: a full handshake may succeed. */
    const isRefusal = (socket: Socket, error: Error) =>
      !settled && secured.hadSession(socket) && classify(error, "connect").error !== "tls_certificate";
    const startOver = (refused: Socket) => {
      isFull = true;
      atProxy = proxy !== undefined;
      current = undefined;
      refused.destroy();
      begin();
    };

    /** Time since the start, without look-ups. */
    const elapsedMs = () => performance.now() - steps.startedMs - (steps.dnsMs ?? 0);
    const deliver = (socket: Socket) => {
      if (to.tls) steps.tlsMs = elapsedMs() - (steps.connectMs ?? 0);
      else steps.connectMs = elapsedMs();
      settle(null, socket);
    };
    /** Resolves a name and adds the duration of the look-up, if there was one. */
    const find = (name: string, portOf: number, onError: (error: Error) => void, found: Found) => {
      let fromMs: number | undefined;
      nameResolver.find(name, portOf, name === to.host, {
        onLookup(isQueued) {
          steps.isResolving = true;
          steps.isQueued = isQueued;
          fromMs = performance.now();
        },
        done(error, addresses) {
          steps.isResolving = false;
          if (fromMs !== undefined) steps.dnsMs = (steps.dnsMs ?? 0) + performance.now() - fromMs;
          if (error !== null) onError(error);
          else if (!settled) found(addresses);
        },
      });
    };
    const toTarget = (socket: Socket) => {
      atProxy = false;
      if (!to.tls) return deliver(socket);
      steps.connectMs = elapsedMs();
      adopt(secured.start(socket, to, isFull), "secureConnect", deliver);
    };
    /** Requests the addresses one after the other, each on a new connection and with an equal share of the remaining time. */
    const requestBySocks = (socket: Socket, via: ProxyServer, [address = "", ...left]: readonly string[]) => {
      let isOver = false;
      const over = (error: Error | undefined) => {
        if (isOver || settled) return;
        isOver = true;
        clearTimeout(shareTimer);
        if (error === undefined) return toTarget(socket);
        if (left.length === 0) {
          nameResolver.forget(to.host);
          return settle(error, null);
        }
        socket.removeAllListeners("close").removeAllListeners("data").destroy();
        dial((again) => requestBySocks(again, via, left));
      };
      if (left.length > 0) {
        const leftMs = steps.startedMs + options.connectTimeoutMs - performance.now();
        shareTimer = setTimeout(over, leftMs / (1 + left.length), reset());
      }
      connectSocks(socket, via, address, to.port, over);
    };
    const throughProxy = (socket: Socket, via: ProxyServer) => {
      if (via.socks === undefined) {
        if (!to.tls) return deliver(socket);
        connectTunnel(socket, via, authority(to), options.userAgent, (error) => {
          if (error === undefined) toTarget(socket);
          else settle(error, null);
        });
      } else if (via.socks.resolves) {
        requestBySocks(socket, via, [to.host]);
      } else {
        const refused = (error: Error) => settle(error, null); // not the proxy's failure
        find(to.host, to.port, refused, (addresses) => {
          const ipv4First = addresses.filter((address) => isIP(address) === 4); // few proxies have IPv6
          requestBySocks(socket, via, [...ipv4First, ...addresses.filter((address) => isIP(address) !== 4)]);
        });
      }
    };
    const connected = (socket: Socket) => {
      if (proxy === undefined) return toTarget(socket);
      if (!proxy.tls) return throughProxy(socket, proxy);
      const { host, port } = proxy;
      const peer = { host, port, anonymous: true };
      adopt(secured.start(socket, peer, isFull), "secureConnect", (over) => throughProxy(over, proxy));
    };

    const { host, port } = proxy ?? to;
    const connectTo = (address: string) =>
      isDirectTls ? secured.start({ address, port, onread }, to, isFull) : connectTcp({ ...tcp, host: address, port });
    const dial = (next: (socket: Socket) => void) => {
      giveUp = () => nameResolver.forget(host);
      find(host, port, fail, (addresses) => {
        const leftMs = options.connectTimeoutMs - (steps.dnsMs ?? 0);
        const stop = happyEyeballs(addresses, leftMs, connectTo, (failure, socket, address) => {
          giveUp = undefined;
          if (socket === null) {
            nameResolver.forget(host);
            return fail(failure ?? reset());
          }
          nameResolver.prefer(host, address);
          if (proxy === undefined) steps.address = address;
          if (isDirectTls) steps.connectMs = elapsedMs();
          adopt(socket, isDirectTls ? "secureConnect" : "now", next);
        });
        giveUp = () => {
          stop();
          nameResolver.forget(host);
        };
      });
    };
    const begin = () => {
      if (to.unixSocket === undefined) dial(isDirectTls ? deliver : connected);
      else adopt(connectTcp({ ...tcp, path: to.unixSocket }), "connect", connected);
    };
    begin();
    return () => settle(reset(), null);
  };
  return { open, close: () => nameResolver.close() };
}

/** The error for a connection that closes while it is being opened. */
function reset(): Error {
  return Object.assign(new Error("the connection was closed in the handshake"), { code: "ECONNRESET" });
}
