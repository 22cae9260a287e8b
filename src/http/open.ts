// Opens one connection: look-up, TCP, the proxy's CONNECT and TLS, in this order, cancellable at every step.

import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { connectTunnel, type ProxyServer } from "./proxy.ts";
import { resolver } from "./resolve.ts";

/** Where a connection leads. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Ask for HTTP/2 (RFC 7301); the socket says by its `alpnProtocol` what came of it. */
  readonly http2?: boolean;
  readonly proxy?: ProxyServer;
}

export interface OpenOptions {
  /** -k: any certificate will do. */
  readonly insecure: boolean;
  /** PEM certificates to trust instead of Node's own. */
  readonly ca?: string;
  readonly userAgent: string;
}

/** Told of a connection that is being opened. */
export interface Opening {
  /** Called once, with one of both. */
  done(error: Error | null, socket: Socket | null): void;
  /** What arrives once it is open, if it is not HTTP/2. Bytes that are not `isOurs` are overwritten by the next ones, of whatever connection. */
  read?(bytes: Buffer, isOurs: boolean): void;
}

/** Opens a connection. Returns what cancels it, which also calls `done`. Has no limit in time. */
export type Open = (to: Destination, opening: Opening) => () => void;

/** As large as what libuv reads at once. */
const READ_BYTES = 65_536;

/** Every plain connection reads into this: what arrives is taken at once, before the next one reads. */
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);

export function opener(options: OpenOptions): Open {
  const lookup = resolver();

  return (to, { done, read }) => {
    const { proxy } = to;
    const isPlain = !to.tls && proxy?.tls !== true;
    let current: Socket | undefined;
    let settled = false;

    const onRead = (bytes: number, buffer: Uint8Array) => {
      read?.((buffer as Buffer).subarray(0, bytes), false);
      return true;
    };

    const settle = (error: Error | null, socket: Socket | null) => {
      if (settled) return;
      settled = true;
      if (error !== null) current?.destroy();
      done(error, socket);
      if (!isPlain && read !== undefined) socket?.on("data", (bytes: Buffer) => read(bytes, true));
    };
    /** Makes `socket` the one that is being opened; an error of it, at any time, is heard. */
    const step = <S extends Socket>(socket: S, ready: "connect" | "secureConnect", next: (socket: S) => void) => {
      current = socket;
      socket.on("error", (error) => settle(error, null));
      socket.once("close", () => settle(reset(), null));
      socket.once(ready, () => {
        if (!settled) next(socket);
      });
    };

    const how: TcpNetConnectOpts & { highWaterMark: number } = {
      host: proxy?.host ?? to.host,
      port: proxy?.port ?? to.port,
      lookup,
      autoSelectFamily: true,
      noDelay: true,
      highWaterMark: READ_BYTES,
      ...(isPlain ? { onread: { buffer: READ_BUFFER, callback: onRead } } : {}),
    };
    const tcp = connectTcp(how);

    const deliver = (socket: Socket) => settle(null, socket);
    const toTarget = (socket: Socket) => {
      if (!to.tls) return deliver(socket);
      step(secured(socket, to.host, options, to.http2), "secureConnect", deliver);
    };
    const throughProxy = (socket: Socket, via: ProxyServer) => {
      if (!to.tls) return deliver(socket);
      connectTunnel(socket, via, authority(to), options.userAgent, (error) => {
        if (error === undefined) toTarget(socket);
        else settle(error, null);
      });
    };
    step(tcp, "connect", (socket) => {
      if (proxy === undefined) return toTarget(socket);
      if (!proxy.tls) return throughProxy(socket, proxy);
      step(secured(socket, proxy.host, options), "secureConnect", (over) => throughProxy(over, proxy));
    });
    return () => settle(reset(), null);
  };
}

function secured(socket: Socket, host: string, { insecure, ca }: OpenOptions, http2 = false): TLSSocket {
  const how: ConnectionOptions & { highWaterMark: number } = {
    socket,
    host,
    // RFC 6066 section 3: no address as the server's name, and no dot at its end.
    servername: isIP(host) === 0 ? host.replace(/\.$/, "") : "",
    ALPNProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
    rejectUnauthorized: !insecure,
    highWaterMark: READ_BYTES,
    ...(ca === undefined ? {} : { ca }),
  };
  return connectTls(how);
}

function authority({ host, port }: Destination): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A connection that closes while it is being opened was reset in the handshake. */
function reset(): Error {
  return Object.assign(new Error("the connection was closed in the handshake"), { code: "ECONNRESET" });
}
