// Opens one connection: look-up, TCP, the proxy's part and TLS, in this order, cancellable at every step.

import { connect as connectTcp, isIP, type Socket, type SocketConstructorOpts } from "node:net";
import { classify } from "../../core/classify.ts";
import type { ConnectTiming } from "./connect-timing.ts";
import { happyEyeballs } from "./happy-eyeballs.ts";
import type { ProxyServer } from "./proxy.ts";
import { type ResolveOptions, resolver } from "./resolve.ts";
import { connectSocks } from "./socks.ts";
import { READ_BYTES, securer, type TlsOptions } from "./tls.ts";
import { authority, blamedOn, connectTunnel } from "./tunnel.ts";

/** Where a connection leads. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Ask for HTTP/2 (RFC 7301); the socket says by its `alpnProtocol` what came of it. */
  readonly http2?: boolean;
  readonly proxy?: ProxyServer;
  /** The path of a Unix socket that is there instead of the host. */
  readonly unixSocket?: string;
  /** Show no certificate of ours. */
  readonly anonymous?: boolean;
}

export interface OpenOptions extends ResolveOptions, TlsOptions {
  /** The time there is for opening a connection; kept by the caller. */
  readonly connectTimeoutMs: number;
  /** The path of a Unix socket through which everything goes. */
  readonly unixSocket?: string;
  readonly userAgent: string;
  /** As much is read at once, at most. Default: 256 KiB. */
  readonly readBytes?: number | undefined;
}

/** Told of a connection that is being opened. */
export interface Opening {
  readonly steps: ConnectTiming;
  /** Called once, with one of both. */
  done(error: Error | null, socket: Socket | null): void;
  /** What arrives once it is open. Bytes that are not `isOurs` are overwritten by the next ones, of whatever connection. */
  read?(bytes: Buffer, isOurs: boolean): void;
}

type Found = (addresses: readonly string[]) => void;

/** Opens a connection. Returns what cancels it, which also calls `done`. Has no limit in time. */
export type Open = (to: Destination, opening: Opening) => () => void;

export interface Connector {
  readonly open: Open;
  /** Gives up the look-ups that are under way. For when no connection is being opened. */
  close(): void;
}

/**
 * All connections read into this, where Node lets them: what arrives is taken at once, before the next one reads. 256 KiB: a body of 64 KiB
 * comes with its headers in one read, and of a large one few reads are needed; a processor's own cache still holds it.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(4 * READ_BYTES);

/** Throws an OptionError for a certificate or a key that cannot be used. */
export function connector(options: OpenOptions): Connector {
  const names = resolver(options);
  const secured = securer(options);
  const readBuffer = options.readBytes === undefined ? READ_BUFFER : Buffer.allocUnsafeSlow(options.readBytes);

  const open: Open = (to, { steps, done, read }) => {
    const { proxy } = to;
    const isPlain = !to.tls && proxy?.tls !== true && proxy?.socks === undefined;
    /** TLS from the first byte on, with nobody in between. */
    const isStraight = to.tls && proxy === undefined && to.unixSocket === undefined;
    let current: Socket | undefined;
    let giveUp: (() => void) | undefined;
    let shareTimer: NodeJS.Timeout | undefined;
    /** While it is the proxy's to fail. */
    let atProxy = proxy !== undefined;
    /** A TLS session was refused: from now on handshakes are full ones. */
    let isFull = false;
    let settled = false;

    const onRead = (bytes: number, buffer: Uint8Array) => {
      read?.((buffer as Buffer).subarray(0, bytes), false);
      return true;
    };
    const onread = { buffer: readBuffer, callback: onRead };
    const how: SocketConstructorOpts & { noDelay: boolean; highWaterMark: number } = {
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
      if (!isPlain && !isStraight && read !== undefined)
        socket?.on("data", (bytes: Buffer) => read(bytes, true)).resume();
    };
    const fail = (error: Error) => settle(atProxy && proxy !== undefined ? blamedOn(proxy, error) : error, null);
    /** Makes `socket` the one that is being opened; an error of it, at any time, is heard. */
    const adopt = <S extends Socket>(
      socket: S,
      ready: "connect" | "secureConnect" | "now",
      next: (socket: S) => void,
    ) => {
      current = socket;
      const wasFull = isFull;
      const failed = (error: Error) => {
        if (wasFull !== isFull) return; // it had a session, and was given up
        if (current !== undefined && isRefusal(current, error)) startOver(current);
        else fail(error);
      };
      socket.on("error", failed).once("close", () => {
        if (!settled) failed(reset()); // an error is dear to make
      });
      if (ready === "now") return next(socket);
      socket.once(ready, () => {
        if (!settled) next(socket);
      });
    };

    /** Whether a handshake failed that had offered a session: a full one may succeed. */
    const isRefusal = (socket: Socket, error: Error) =>
      !settled && secured.hadSession(socket) && classify(error, "connect").error !== "tls_certificate";
    const startOver = (refused: Socket) => {
      isFull = true;
      atProxy = proxy !== undefined;
      current = undefined;
      refused.destroy();
      begin();
    };

    /** Since the opening began, without look-ups. */
    const elapsedMs = () => performance.now() - steps.startedMs - (steps.dnsMs ?? 0);
    const deliver = (socket: Socket) => {
      if (to.tls) steps.tlsMs = elapsedMs() - (steps.connectMs ?? 0);
      else steps.connectMs = elapsedMs();
      settle(null, socket);
    };
    /** Finds a name's addresses; notes how long a look-up took, if there was one. */
    const find = (name: string, portOf: number, onError: (error: Error) => void, found: Found) => {
      let fromMs: number | undefined;
      names.find(name, portOf, name === to.host, {
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
    /** Asks for one address after the other, on a new connection each; all have their share of the time. */
    const askSocks = (socket: Socket, via: ProxyServer, [address = "", ...left]: readonly string[]) => {
      let isOver = false;
      const over = (error: Error | undefined) => {
        if (isOver || settled) return;
        isOver = true;
        clearTimeout(shareTimer);
        if (error === undefined) return toTarget(socket);
        if (left.length === 0) {
          names.forget(to.host);
          return settle(error, null);
        }
        socket.removeAllListeners("close").removeAllListeners("data").destroy();
        dial((again) => askSocks(again, via, left));
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
        askSocks(socket, via, [to.host]);
      } else {
        const refused = (error: Error) => settle(error, null); // no failure of the proxy's
        find(to.host, to.port, refused, (addresses) => {
          const four = addresses.filter((address) => isIP(address) === 4); // few proxies have IPv6
          askSocks(socket, via, [...four, ...addresses.filter((address) => isIP(address) !== 4)]);
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
      isStraight ? secured.start({ address, port, onread }, to, isFull) : connectTcp({ ...how, host: address, port });
    const dial = (next: (socket: Socket) => void) => {
      giveUp = () => names.forget(host);
      find(host, port, fail, (addresses) => {
        const leftMs = options.connectTimeoutMs - (steps.dnsMs ?? 0);
        const stop = happyEyeballs(addresses, leftMs, connectTo, (failure, socket, address) => {
          giveUp = undefined;
          if (socket === null) {
            names.forget(host);
            return fail(failure ?? reset());
          }
          names.prefer(host, address);
          if (isStraight) steps.connectMs = elapsedMs();
          adopt(socket, isStraight ? "secureConnect" : "now", next);
        });
        giveUp = () => {
          stop();
          names.forget(host);
        };
      });
    };
    const begin = () => {
      if (to.unixSocket === undefined) dial(isStraight ? deliver : connected);
      else adopt(connectTcp({ ...how, path: to.unixSocket }), "connect", connected);
    };
    begin();
    return () => settle(reset(), null);
  };
  return { open, close: () => names.close() };
}

/** A connection that closes while it is being opened was reset in the handshake. */
function reset(): Error {
  return Object.assign(new Error("the connection was closed in the handshake"), { code: "ECONNRESET" });
}
