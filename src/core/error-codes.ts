// The table of error codes of the system, DNS, TLS and bulkget: the kind of failure for each code and phase.

import type { FailureKind } from "./failure.ts";

/** The phase of a request: from DNS to CONNECT, until the headers are complete, in the body, on the disk. */
export type Phase = "connect" | "headers" | "body" | "write";

/** The kinds of a code, by phase. A code in a phase without a kind is a bug. */
export type Row = Readonly<Partial<Record<Phase, FailureKind>>>;

/** A connection that fails or is lost; a disk that cannot be written. */
const LOST = {
  connect: "connect_failed",
  headers: "connection_lost",
  body: "truncated",
  write: "write_failed",
} as const satisfies Row;
const TLS = { connect: "tls_error", headers: "connection_lost", body: "truncated" } as const satisfies Row;
/** The server refuses the client: in TLS 1.3, after the client's part of the handshake (RFC 8446 section 4.4.2.4). */
const CLIENT_REFUSED = { ...TLS, headers: "tls_error" } as const satisfies Row;

function always(kind: FailureKind): Row {
  return { connect: kind, headers: kind, body: kind, write: kind };
}

/** Codes by their meaning. If two lists have a code, the last one counts. */
const LISTS: readonly (readonly [Row, string])[] = [
  // connect(2), socket(2), send(2), recv(2), ip(7), ipv6(7), tcp(7), unix(7), and the other codes of errno(3) and libuv.
  [
    LOST,
    `E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADE EBADF EBADFD EBADMSG EBADR EBADRQC EBADSLT EBUSY
    ECANCELED ECHARSET ECHILD ECHRNG ECOMM ECONNABORTED ECONNRESET EDEADLK EDEADLOCK EDESTADDRREQ EDOM EFAULT EFTYPE EHOSTDOWN
    EHOSTUNREACH EHWPOISON EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISNAM EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT
    EL2NSYNC EL3HLT EL3RST ELIBACC ELIBBAD ELIBEXEC ELIBMAX ELIBSCN ELNRNG EMEDIUMTYPE EMFILE EMLINK EMSGSIZE EMULTIHOP
    ENETDOWN ENETRESET ENETUNREACH ENFILE ENOANO ENOBUFS ENODEV ENOENT ENOEXEC ENOKEY ENOLCK ENOLINK ENOMEDIUM ENOMEM ENOMSG
    ENONET ENOPKG ENOPROTOOPT ENOSR ENOSTR ENOSYS ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY
    ENOTUNIQ ENXIO EOF EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTONOSUPPORT EPROTOTYPE ERANGE EREMCHG
    EREMOTE EREMOTEIO ERESTART ERFKILL EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH ESTALE ESTRPIPE ETIME ETOOMANYREFS ETXTBSY
    EUCLEAN EUNATCH EUSERS EWOULDBLOCK EXDEV EXFULL UNKNOWN`,
  ],
  [{ ...LOST, connect: "connect_refused" }, "ECONNREFUSED"],
  [{ ...LOST, connect: "connect_timeout" }, "ETIMEDOUT"],
  [{ ...LOST, write: "disk_full" }, "ENOSPC EDQUOT"],
  [{ ...LOST, write: "file_too_large" }, "EFBIG"],
  [{ ...LOST, write: "file_exists" }, "EEXIST EISDIR ELOOP"],
  [{ ...LOST, write: "name_too_long" }, "ENAMETOOLONG"],

  // getaddrinfo(3) with libuv's names; c-ares (ares_strerror(3)) with node:dns's names. First those for a name that does not exist.
  [
    { ...LOST, connect: "dns_not_found" },
    "ENOTFOUND ENODATA ENONAME EBADNAME EAI_NONAME EAI_NODATA EAI_ADDRFAMILY EAI_IDN_ENCODE",
  ],
  [
    { ...LOST, connect: "dns_temporary" },
    `EAI_AGAIN EAI_ALLDONE EAI_BADFLAGS EAI_BADHINTS EAI_CANCELED EAI_FAIL EAI_FAMILY EAI_INPROGRESS EAI_INTR EAI_MEMORY
    EAI_NOTCANCELED EAI_OVERFLOW EAI_PROTOCOL EAI_SERVICE EAI_SOCKTYPE EAI_SYSTEM
    EADDRGETNETWORKPARAMS EBADFAMILY EBADFLAGS EBADHINTS EBADQUERY EBADRESP EBADSTR ECANCELLED EDESTRUCTION EFILE EFORMERR
    ELOADIPHLPAPI ENOSERVER ENOTIMP ENOTINITIALIZED EREFUSED ESERVFAIL ESERVICE ETIMEOUT UNKNOWN_ARES_ERROR BULKGET_DNS`,
  ],

  // Node's codes for a certificate that is not trusted (FAMILIES has more). UNSPECIFIED is the code of all errors without
  // one of their own: weak keys and digests, name constraints, unknown critical extensions …
  [
    always("tls_certificate"),
    `HOSTNAME_MISMATCH INVALID_CA INVALID_PURPOSE OUT_OF_MEM PATH_LENGTH_EXCEEDED UNSPECIFIED
    ERR_SSL_CERTIFICATE_VERIFY_FAILED`,
  ],
  [TLS, "EPROTO"],

  [always("proxy_failed"), "BULKGET_PROXY"],
  [always("blocked_address"), "BULKGET_BLOCKED"],
  // Node's codes for a connection that was closed.
  [
    LOST,
    `ERR_SOCKET_CLOSED ERR_SOCKET_CLOSED_BEFORE_CONNECTION ERR_SOCKET_CONNECTION_TIMEOUT ERR_STREAM_DESTROYED
    ERR_STREAM_PREMATURE_CLOSE`,
  ],
];

const CODES: ReadonlyMap<string, Row> = new Map(
  LISTS.flatMap(([row, codes]) => codes.split(/\s+/).map((code) => [code, row] as const)),
);

/** Other codes of the system. Not `ERR_…`, which Node throws for wrong arguments. */
const OTHER_SYSTEM_CODES = {
  connect: "connect_failed",
  headers: "connection_lost",
  body: "truncated",
} as const satisfies Row;

/** Patterns of codes: OpenSSL's verification errors, then Node's TLS errors. The first that matches counts. */
const FAMILIES: readonly (readonly [RegExp, Row])[] = [
  [/^(CERT_|CRL_|ERROR_IN_C|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_TLS_CERT_)/, always("tls_certificate")],
  // The alerts of RFC 8446 section 6.2 about the client's identity. OpenSSL 3.5 names them SSL/TLS, older versions SSLV3.
  [
    /^ERR_SSL_.*_ALERT_((BAD|NO|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(EXPIRED|REQUIRED|REVOKED|UNKNOWN)|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY)$/,
    CLIENT_REFUSED,
  ],
  [/^(ERR_TLS_|ERR_SSL_|ERR_OSSL_)/, TLS],
  [/^ERR_HTTP2_/, LOST],
  [/^(E(?!RR_)[A-Z0-9_]+|Unknown system error -\d+)$/, OTHER_SYSTEM_CODES],
];

/** Returns the kinds of a code; undefined for a code that is not from the system, the network or a peer. */
export function rowOf(code: string): Row | undefined {
  return CODES.get(code) ?? FAMILIES.find(([family]) => family.test(code))?.[1];
}
