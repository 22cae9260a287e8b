// Any thrown value becomes a Failure, by its code and by where we were; never by its message.

import type { Failure, FailureKind } from "./failure.ts";

/** How far an exchange had come: DNS to CONNECT, until the headers are whole, in the body, on this disk. */
export type Phase = "connect" | "headers" | "body" | "write";

type Row = FailureKind | Readonly<Partial<Record<Phase, FailureKind>>>;

const LOST = {
  connect: "connect_failed",
  headers: "connection_lost",
  body: "truncated",
  write: "write_failed",
} as const;
const UNREACHABLE = { ...LOST, connect: "connect_failed" } as const;

/** The one table of error codes: Node's, libuv's, OpenSSL's and undici's. */
const CODES: Readonly<Record<string, Row>> = {
  ENOTFOUND: { connect: "dns_not_found" },
  ENODATA: { connect: "dns_not_found" },
  EAI_NODATA: { connect: "dns_not_found" },
  EAI_NONAME: { connect: "dns_not_found" },
  EAI_AGAIN: { connect: "dns_temporary" },
  EAI_FAIL: { connect: "dns_temporary" },
  EAI_MEMORY: { connect: "dns_temporary" },
  EAI_SYSTEM: { connect: "dns_temporary" },
  EBADNAME: { connect: "dns_not_found" },
  ESERVFAIL: { connect: "dns_temporary" },
  EREFUSED: { connect: "dns_temporary" },
  ETIMEOUT: { connect: "dns_temporary" },
  BULKGET_DNS: { connect: "dns_temporary" },
  ECONNREFUSED: { ...LOST, connect: "connect_refused" },
  ECONNRESET: LOST,
  ECONNABORTED: LOST,
  EPIPE: LOST,
  ENOTCONN: LOST,
  ETIMEDOUT: { ...LOST, connect: "connect_timeout" },
  EHOSTUNREACH: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENETDOWN: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  EADDRINUSE: UNREACHABLE,
  EINVAL: { connect: "connect_failed", write: "write_failed" },
  EACCES: { connect: "connect_failed", write: "write_failed" },
  EPERM: { connect: "connect_failed", write: "write_failed" },
  EMFILE: { connect: "connect_failed", write: "write_failed" },
  ENFILE: { connect: "connect_failed", write: "write_failed" },
  ENOBUFS: { connect: "connect_failed", headers: "connection_lost", body: "truncated", write: "write_failed" },

  EPROTO: { connect: "tls_error", headers: "connection_lost", body: "truncated" },
  CERT_HAS_EXPIRED: "tls_certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "tls_certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls_certificate",
  HOSTNAME_MISMATCH: "tls_certificate",
  INVALID_CA: "tls_certificate",
  INVALID_PURPOSE: "tls_certificate",
  PATH_LENGTH_EXCEEDED: "tls_certificate",

  BULKGET_PROXY: "proxy_failed",
  BULKGET_BLOCKED: "blocked_address",
  UND_ERR_SOCKET: LOST,
  UND_ERR_INFO: LOST,
  UND_ERR_DESTROYED: LOST,
  UND_ERR_CLOSED: LOST,
  UND_ERR_ABORTED: LOST,

  ENOSPC: { write: "disk_full" },
  EDQUOT: { write: "disk_full" },
  EFBIG: { write: "file_too_large" },
  EEXIST: { write: "file_exists" },
  EISDIR: { write: "file_exists" },
  ELOOP: { write: "file_exists" },
  ENAMETOOLONG: { write: "name_too_long" },
  EIO: { write: "write_failed" },
  EROFS: { write: "write_failed" },
  ENOENT: { connect: "connect_failed", write: "write_failed" },
  ENOTDIR: { connect: "connect_failed", write: "write_failed" },
  ESTALE: { write: "write_failed" },
  ENODEV: { write: "write_failed" },
  ENXIO: { write: "write_failed" },
  EBADF: { write: "write_failed" },
  EBUSY: { write: "write_failed" },
  ETXTBSY: { write: "write_failed" },
};

/** Families of codes: OpenSSL's verification errors, then Node's TLS errors. The first that fits counts. */
const FAMILIES: readonly (readonly [RegExp, Row])[] = [
  [/^(CERT_|CRL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_TLS_CERT_)/, "tls_certificate"],
  [/^(ERR_TLS_|ERR_SSL_|ERR_OSSL_)/, { connect: "tls_error", headers: "connection_lost", body: "truncated" }],
  [/^ERR_HTTP2_/, LOST],
];

/**
 * Puts a thrown value into the closed list.
 * What is in no table is `internal`: a bug of ours, with its stack, never "the network".
 */
export function classify(thrown: unknown, phase: Phase): Failure {
  const error = firstCause(thrown);
  const code = codeOf(error);
  const row = rowOf(code);
  const kind = typeof row === "string" ? row : row?.[phase];
  if (kind === undefined) return bug(thrown);
  const status = statusOf(error);
  return {
    error: kind,
    detail: oneLine(error, code),
    ...(status === undefined ? {} : { status }),
    ...(isKnown(error) ? { known: true } : {}),
  };
}

/** What nobody expected: with its stack. */
export function bug(thrown: unknown): Failure {
  return { error: "internal", detail: stackOf(thrown) };
}

function rowOf(code: string): Row | undefined {
  if (Object.hasOwn(CODES, code)) return CODES[code];
  return FAMILIES.find(([family]) => family.test(code))?.[1];
}

/** An attempt at several addresses fails as an AggregateError: the last address tried speaks for it. */
function firstCause(thrown: unknown): unknown {
  return thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors.at(-1) : thrown;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** An error that stands for an answer, such as a proxy's to CONNECT, carries its status. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  return typeof status === "number" ? status : undefined;
}

/** An error that stands for an earlier one: nothing was tried again. */
function isKnown(error: unknown): boolean {
  return error instanceof Error && "known" in error && error.known === true;
}

function oneLine(error: unknown, code: string): string {
  const message = error instanceof Error ? error.message : "";
  const line = message.split("\n", 1)[0] ?? "";
  return code === "" || code.startsWith("BULKGET_") || line.includes(code) ? line : `${line} (${code})`;
}

function stackOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.stack ?? thrown.message;
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown); // not everything can be made a text
  }
}
