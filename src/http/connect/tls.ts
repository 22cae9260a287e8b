// TLS, over a connected socket or one of its own: what is trusted, what is shown of our own, and sessions that are taken up again.

import { isIP, type OnReadOpts, type Socket } from "node:net";
import type { ConnectionOptions, DetailedPeerCertificate, PeerCertificate, SecureContext, TLSSocket } from "node:tls";
import { OptionError } from "../../core/errors.ts";
import { ttlMap } from "./ttl-map.ts";

export interface TlsOptions {
  /** -k: any certificate will do. */
  readonly insecure: boolean;
  /** PEM certificates to trust instead of Node's own. */
  readonly ca?: string;
  /** PEM: our own certificate, with its chain; and its key, where that is not in the same text. */
  readonly cert?: string;
  readonly key?: string;
}

/** Whom a handshake is with. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly http2?: boolean;
  /** It is shown no certificate of ours. */
  readonly anonymous?: boolean;
}

export interface Securer {
  /** Starts a handshake over a socket that is connected, or connects first. `isFull`: without a session of an earlier one. */
  start(over: Socket | ToConnect, peer: Peer, isFull: boolean): TLSSocket;
  /** Whether a handshake that failed had offered a session: without it, it may succeed. */
  hadSession(socket: Socket): boolean;
}

/** A TCP connection that is still to be made. */
export interface ToConnect {
  readonly address: string;
  readonly port: number;
  /** Where what arrives goes: only a socket of its own can be read from without a piece of new memory for every record. */
  readonly onread: OnReadOpts;
}

/** As large as what libuv reads at once. */
export const READ_BYTES = 65_536;

/**
 * So many sessions are kept, for so long. A session that is taken up again is not checked for its name once more, so each is for
 * the name and the certificate of ours it was made with; Node tells of none before the server is trusted.
 */
const MAX_SESSIONS = 1000;
const MAX_SESSION_MS = 3_600_000;

/** Throws an OptionError for a certificate or a key that cannot be used. */
export function securer(options: TlsOptions): Securer {
  const sessions = ttlMap<Buffer>(MAX_SESSIONS, MAX_SESSION_MS);
  const named = options.cert === undefined ? undefined : ownContext(options, options.cert);
  let nameless: SecureContext | undefined;
  const offering = new WeakSet<Socket>();
  /** Servers that have refused a session: of these none is kept. */
  const refusing = ttlMap<true>(MAX_SESSIONS, MAX_SESSION_MS);

  const start: Securer["start"] = (over, { host, port, http2, anonymous }, isFull) => {
    const isNamed = named !== undefined && anonymous !== true;
    const key = `${isNamed} ${host}:${port}`;
    const session = isFull ? undefined : sessions.get(key);
    if (!isNamed) nameless ??= tls().createSecureContext(trust(options));
    // RFC 6066 section 3: no address as the server's name, and no dot at its end.
    const servername = isIP(host) === 0 ? host.replace(/\.$/, "") : "";
    const how: ConnectionOptions & { highWaterMark: number; onread?: OnReadOpts } = {
      ...("onread" in over ? { host: over.address, port: over.port, onread: over.onread } : { socket: over, host }),
      servername,
      // The certificate must be the name's that was asked for, not the address's that it was found at.
      checkServerIdentity: () => tls().checkServerIdentity(servername || host, namesIn(made)),
      ALPNProtocols: http2 === true ? ["h2", "http/1.1"] : ["http/1.1"],
      rejectUnauthorized: !options.insecure,
      highWaterMark: READ_BYTES,
      ...(session === undefined ? {} : { session }),
    };
    const context = isNamed ? named : nameless;
    const made: TLSSocket = tls().connect(context === undefined ? how : { ...how, secureContext: context });
    // Node takes the whole chain apart for the check of the name, which is a quarter of a handshake's processor time.
    made.getPeerCertificate = nothing;
    if ("onread" in over) made.once("connect", () => made.setNoDelay(true));
    made.on("session", (latest: Buffer) => {
      if (refusing.get(key) === undefined) sessions.set(key, latest);
    });
    if (session === undefined) return made;
    // Some servers refuse a session instead of making a new one: they are offered none from then on.
    const forget = () => {
      sessions.delete(key);
      refusing.set(key, true);
    };
    const offer = () => {
      offering.add(made);
      made.once("error", forget).once("close", forget);
    };
    if ("onread" in over) made.once("connect", offer);
    else offer();
    made.once("secureConnect", () => {
      offering.delete(made);
      made.off("error", forget).off("close", forget);
    });
    return made;
  };
  return { start, hadSession: (socket) => offering.has(socket) };
}

/** The names in the server's certificate. Its subject counts only without a DNS name beside it (RFC 6125 section 6.4.4). */
function namesIn(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerX509Certificate();
  const names = { subjectaltname: certificate?.subjectAltName };
  const isEnough = names.subjectaltname?.includes("DNS:") === true;
  return (isEnough ? names : (certificate?.toLegacyObject() ?? {})) as PeerCertificate;
}

function nothing(): DetailedPeerCertificate {
  return {} as DetailedPeerCertificate;
}

/** Read when it is first needed: it takes 5 ms. */
function tls() {
  return process.getBuiltinModule("node:tls");
}

function trust({ ca }: TlsOptions) {
  return { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) } as const;
}

function ownContext(options: TlsOptions, cert: string): SecureContext {
  const key = options.key ?? cert;
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    throw new OptionError(
      "the key is encrypted, and no passphrase is asked for: openssl pkey writes it without",
      "key",
    );
  }
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(key)) throw new OptionError("no private key in PEM form", "key");
  try {
    return tls().createSecureContext({ ...trust(options), cert, key });
  } catch (error) {
    const { message } = error as Error;
    throw new OptionError(({ option }) => `does not go together with ${option("key")}: ${message}`, "cert", {
      cause: error,
    });
  }
}
