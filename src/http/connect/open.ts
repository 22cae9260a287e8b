// Opens one connection: look-up, TCP, the proxy's part and TLS, in this order, cancellable at every step.

import { connect as connectTcp, isIP, type Socket, type SocketConstructorOpts } from "node:net";
import { classify } from "../../core/classify.ts";
import type { ProxyServer } from "./proxy.ts";
import { race } from "./race.ts";
import { type ResolveOptions, type Resolver, resolver } from "./resolve.ts";
import { scarcity } from "./scarcity.ts";
import { connectSocks } from "./socks.ts";
import { READ_BYTES, securer, type TlsOptions } from "./tls.ts";
import { connectTunnel, ProxyRefusal } from "./tunnel.ts";

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

/** How long each step of opening a connection took, in milliseconds; and how far it has come. */
export interface OpeningSteps {
  /** When it began, by `performance.now()`. */
  readonly startedMs: number;
  /** All look-ups of names; undefined where there was none: an address, or a name that a proxy looks up. */
  dnsMs: number | undefined;
  /** TCP, and what a proxy takes. */
  connectMs: number | undefined;
  /** The TLS handshake with the server. */
  tlsMs: number | undefined;
  isResolving: boolean;
}

export function openingSteps(): OpeningSteps {
  return {
    startedMs: performance.now(),
    dnsMs: undefined,
    connectMs: undefined,
    tlsMs: undefined,
    isResolving: false,
  };
}

/** Told of a connection that is being opened. */
export interface Opening {
  readonly steps: OpeningSteps;
  /** Called once, with one of both. */
  done(error: Error | null, socket: Socket | null): void;
  /** What arrives once it is open, if it is not HTTP/2. Bytes that are not `isOurs` are overwritten by the next ones, of whatever connection. */
  read?(bytes: Buffer, isOurs: boolean): void;
}

/** Opens a connection. Returns what cancels it, which also calls `done`. Has no limit in time. */
export type Open = (to: Destination, opening: Opening) => () => void;

export interface Opener {
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
export function opener(options: OpenOptions): Opener {
  const names = resolver(options);
  const secured = securer(options);
  const readBuffer = options.readBytes === undefined ? READ_BUFFER : Buffer.allocUnsafeSlow(options.readBytes);

  const open: Open = (to, { steps, done, read }) => {
    const { proxy } = to;
    const isPlain = !to.tls && proxy?.tls !== true && proxy?.socks === undefined;
    /** TLS from the first byte on, with nobody in between; what may speak HTTP/2 is read otherwise. */
    const isStraight = to.tls && proxy === undefined && to.unixSocket === undefined && to.http2 !== true;
    let current: Socket | undefined;
    let giveUp: (() => void) | undefined;
    /** While it is the proxy's to fail. */
    let atProxy = proxy !== undefined;
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
      socket.on("error", fail).once("close", () => fail(reset()));
      if (ready === "now") return next(socket);
      socket.once(ready, () => {
        if (!settled) next(socket);
      });
    };

    /** Since the opening began, without look-ups. */
    const elapsedMs = () => performance.now() - steps.startedMs - (steps.dnsMs ?? 0);
    const deliver = (socket: Socket) => {
      if (to.tls) steps.tlsMs = elapsedMs() - (steps.connectMs ?? 0);
      else steps.connectMs = elapsedMs();
      settle(null, socket);
    };
    /** Looks a name up, and notes how long that took. */
    const find: Resolver["find"] = (name, portOf, isTarget, found) => {
      const fromMs = performance.now();
      steps.isResolving = true;
      names.find(name, portOf, isTarget, (error, addresses) => {
        steps.isResolving = false;
        if (isIP(name) === 0) steps.dnsMs = (steps.dnsMs ?? 0) + performance.now() - fromMs;
        if (!settled) found(error, addresses);
      });
    };
    const toTarget = (socket: Socket) => {
      atProxy = false;
      if (!to.tls) return deliver(socket);
      steps.connectMs = elapsedMs();
      adopt(secured(socket, to), "secureConnect", deliver);
    };
    const throughProxy = (socket: Socket, via: ProxyServer) => {
      const opened = (error: Error | undefined) => {
        if (error === undefined) return toTarget(socket);
        names.forget(to.host);
        settle(error, null);
      };
      const ask = (host: string) => connectSocks(socket, via, host, to.port, opened);
      if (via.socks === undefined) {
        if (!to.tls) return deliver(socket);
        connectTunnel(socket, via, authority(to), options.userAgent, opened);
      } else if (via.socks.resolves) {
        ask(to.host);
      } else {
        find(to.host, to.port, true, (error, addresses) => {
          if (error !== null) settle(error, null);
          else ask(addresses.find((address) => isIP(address) === 4) ?? addresses[0] ?? ""); // few have IPv6
        });
      }
    };
    const connected = (socket: Socket) => {
      if (proxy === undefined) return toTarget(socket);
      if (!proxy.tls) return throughProxy(socket, proxy);
      const { host, port } = proxy;
      adopt(secured(socket, { host, port, anonymous: true }), "secureConnect", (over) => throughProxy(over, proxy));
    };

    if (to.unixSocket !== undefined) {
      adopt(connectTcp({ ...how, path: to.unixSocket }), "connect", connected);
      return () => settle(reset(), null);
    }
    const { host, port } = proxy ?? to;
    const connectTo = (address: string) =>
      isStraight ? secured({ address, port, onread }, to) : connectTcp({ ...how, host: address, port });
    giveUp = () => names.forget(host);
    find(host, port, proxy === undefined, (error, addresses) => {
      if (error !== null) return fail(error);
      const stop = race(addresses, options.connectTimeoutMs, connectTo, (failure, socket, address) => {
        giveUp = undefined;
        if (socket === null) {
          names.forget(host);
          return fail(failure ?? reset());
        }
        names.prefer(host, address);
        if (isStraight) steps.connectMs = elapsedMs();
        adopt(socket, isStraight ? "secureConnect" : "now", isStraight ? deliver : connected);
      });
      giveUp = () => {
        stop();
        names.forget(host);
      };
    });
    return () => settle(reset(), null);
  };
  return { open, close: () => names.close() };
}

/** What went wrong on the way to the proxy is its failure; but not a certificate of its own, nor what this machine lacks. */
function blamedOn(proxy: ProxyServer, error: Error): Error {
  const { error: kind, detail } = classify(error, "connect");
  const isOther = kind.startsWith("tls_") || kind === "internal" || scarcity(error) !== undefined;
  return isOther ? error : new ProxyRefusal(proxy, `cannot be reached: ${detail}`);
}

function authority({ host, port }: Destination): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A connection that closes while it is being opened was reset in the handshake. */
function reset(): Error {
  return Object.assign(new Error("the connection was closed in the handshake"), { code: "ECONNRESET" });
}
