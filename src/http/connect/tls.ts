// Starts TLS handshakes: trusted certificates, the client certificate, and session resumption.

import { isIP, type OnReadOpts, type Socket } from "node:net";
import type { ConnectionOptions, DetailedPeerCertificate, PeerCertificate, SecureContext, TLSSocket } from "node:tls";
import { OptionError } from "../../core/errors.ts";
import { ttlMap } from "../../core/structures/ttl-map.ts";

export interface TlsOptions {
  /** -k: accept any certificate. */
  readonly insecure: boolean;
  /** PEM certificates to trust instead of Node's. */
  readonly ca?: string | undefined;
  /** PEM: the client certificate with its chain; `key` if the key is not in the same text. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The server of a handshake. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly http2?: boolean;
  /** Present no client certificate. */
  readonly anonymous?: boolean;
}

export interface Securer {
  /** Starts a handshake over a connected socket, or connects first. `isFull`: without resuming a session. */
  start(over: Socket | ToConnect, peer: Peer, isFull: boolean): TLSSocket;
  /** Whether a failed handshake had offered a session: without it, it may succeed. */
  hadSession(socket: Socket): boolean;
}

/** A TCP connection to open. */
export interface ToConnect {
  readonly address: string;
  readonly port: number;
  /** The read buffer. Node supports `onread` only on a TLS socket that connects itself; others allocate a buffer per record. */
  readonly onread: OnReadOpts;
}

/** The size of libuv's reads, in bytes (uv__read in src/unix/stream.c). */
export const READ_BYTES = 65_536;

/**
 * Maximum number and age of sessions. A resumed session is not verified again, so each is kept for its server name and client
 * certificate. Node emits none before the server is verified.
 */
const MAX_SESSIONS = 1000;
const MAX_SESSION_MS = 3_600_000;

/** Throws an OptionError for a certificate or a key that cannot be used. */
export function securer(options: TlsOptions): Securer {
  const sessions = ttlMap<Buffer>(MAX_SESSIONS, MAX_SESSION_MS, () => performance.now());
  const clientContext = options.cert === undefined ? undefined : clientCertificateContext(options, options.cert);
  let anonymousContext: SecureContext | undefined;
  const socketsWithSession = new WeakSet<Socket>();
  /** Servers that have refused a session: none is kept for them. */
  const refusingServers = ttlMap<true>(MAX_SESSIONS, MAX_SESSION_MS, () => performance.now());

  const start: Securer["start"] = (over, { host, port, http2, anonymous }, isFull) => {
    const hasClientCertificate = clientContext !== undefined && anonymous !== true;
    const key = `${hasClientCertificate} ${host}:${port}`;
    const session = isFull ? undefined : sessions.get(key);
    if (!hasClientCertificate) anonymousContext ??= tls().createSecureContext(trust(options));
    // RFC 6066 section 3: a server name is no address, and has no trailing dot.
    const servername = isIP(host) === 0 ? host.replace(/\.$/, "") : "";
    const connectOptions: ConnectionOptions & { highWaterMark: number; onread?: OnReadOpts } = {
      ...("onread" in over ? { host: over.address, port: over.port, onread: over.onread } : { socket: over, host }),
      servername,
      // The certificate must match the requested name, and not the address that is connected to.
      checkServerIdentity: () => tls().checkServerIdentity(servername || host, namesIn(socket)),
      ALPNProtocols: http2 === true ? ["h2", "http/1.1"] : ["http/1.1"],
      rejectUnauthorized: !options.insecure,
      highWaterMark: READ_BYTES,
      ...(session === undefined ? {} : { session }),
    };
    const context = hasClientCertificate ? clientContext : anonymousContext;
    const socket: TLSSocket = tls().connect(
      context === undefined ? connectOptions : { ...connectOptions, secureContext: context },
    );
    // Node 20 to 26 (onConnectSecure) converts the whole chain for checkServerIdentity: a quarter of a handshake's CPU time.
    socket.getPeerCertificate = noCertificate;
    if ("onread" in over) socket.once("connect", () => socket.setNoDelay(true));
    socket.on("session", (latest: Buffer) => {
      if (refusingServers.get(key) === undefined) sessions.set(key, latest);
    });
    if (session === undefined) return socket;
    // Some servers fail the handshake instead of falling back to a full one (RFC 5246 section 7.3, RFC 8446 section 2.2).
    const forget = () => {
      sessions.delete(key);
      refusingServers.set(key, true);
    };
    const watchRefusal = () => {
      socketsWithSession.add(socket);
      socket.once("error", forget).once("close", forget);
    };
    if ("onread" in over) socket.once("connect", watchRefusal);
    else watchRefusal();
    socket.once("secureConnect", () => {
      socketsWithSession.delete(socket);
      socket.off("error", forget).off("close", forget);
    });
    return socket;
  };
  return { start, hadSession: (socket) => socketsWithSession.has(socket) };
}

/** Returns the names in the server's certificate. The subject counts only without a DNS name (RFC 6125 section 6.4.4). */
function namesIn(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate();
  const names = { subjectaltname: certificate?.subjectAltName };
  const isEnough = names.subjectaltname?.includes("DNS:") === true;
  return (isEnough ? names : (certificate?.toLegacyObject() ?? {})) as PeerCertificate;
}

function noCertificate(): DetailedPeerCertificate {
  return {} as DetailedPeerCertificate;
}

/** Loads node:tls on first use, which takes 5 ms. */
function tls() {
  return process.getBuiltinModule("node:tls");
}

function trust({ ca }: TlsOptions) {
  return { minVersion: "TLSv1.2", ca } as const;
}

function clientCertificateContext(options: TlsOptions, cert: string): SecureContext {
  const key = options.key ?? cert;
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    throw new OptionError("the key is encrypted, which is not supported: decrypt it with openssl pkey", "key");
  }
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(key)) throw new OptionError("no private key in PEM form", "key");
  try {
    return tls().createSecureContext({ ...trust(options), cert, key });
  } catch (error) {
    const { message } = error as Error;
    throw new OptionError(({ option }) => `does not match ${option("key")}: ${message}`, "cert", {
      cause: error,
    });
  }
}
