// The table of error codes: the system's, of name look-ups, of TLS, our own; each with the kind of failure it is, phase by phase.

import type { FailureKind } from "./failure.ts";

/** How far an exchange had come: DNS to CONNECT, until the headers are whole, in the body, on this disk. */
export type Phase = "connect" | "headers" | "body" | "write";

/** The kinds of a code, by phase; where a phase has none, the code there is a bug of ours. */
export type Row = Readonly<Partial<Record<Phase, FailureKind>>>;

/** A connection that fails, or is lost; a disk that does not write. */
const LOST = {
  connect: "connect_failed",
  headers: "connection_lost",
  body: "truncated",
  write: "write_failed",
} as const satisfies Row;
const TLS = { connect: "tls_error", headers: "connection_lost", body: "truncated" } as const satisfies Row;
/** The server refuses us: under TLS 1.3 it does so after our part of the handshake (RFC 8446 section 4.4.2.4). */
const NOT_US = { ...TLS, headers: "tls_error" } as const satisfies Row;

function always(kind: FailureKind): Row {
  return { connect: kind, headers: kind, body: kind, write: kind };
}

/** Codes by what they mean. Where two lists have a code, the last one counts. */
const LISTS: readonly (readonly [Row, string])[] = [
  // connect(2), socket(2), send(2), recv(2), ip(7), ipv6(7), tcp(7), unix(7), and whatever else errno(3) and libuv have.
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

  // getaddrinfo(3), as libuv has it; c-ares (ares_strerror(3)), as node:dns has it. First: there is no such name.
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

  // Node's codes for a certificate that is not trusted (FAMILIES has more). UNSPECIFIED stands for all faults without a code of
  // their own: weak keys and digests, name constraints, unknown critical extensions …
  [
    always("tls_certificate"),
    `HOSTNAME_MISMATCH INVALID_CA INVALID_PURPOSE OUT_OF_MEM PATH_LENGTH_EXCEEDED UNSPECIFIED
    ERR_SSL_CERTIFICATE_VERIFY_FAILED`,
  ],
  [TLS, "EPROTO"],

  [always("proxy_failed"), "BULKGET_PROXY"],
  [always("blocked_address"), "BULKGET_BLOCKED"],
  // Node's own, of a connection that has gone.
  [
    LOST,
    `ERR_SOCKET_CLOSED ERR_SOCKET_CLOSED_BEFORE_CONNECTION ERR_SOCKET_CONNECTION_TIMEOUT ERR_STREAM_DESTROYED
    ERR_STREAM_PREMATURE_CLOSE`,
  ],
];

const CODES: ReadonlyMap<string, Row> = new Map(
  LISTS.flatMap(([row, codes]) => codes.split(/\s+/).map((code) => [code, row] as const)),
);

/** Codes of the system that are in no list; `ERR_…` are none of them: those Node throws at a caller's mistakes. */
const SYSTEMS = { connect: "connect_failed", headers: "connection_lost", body: "truncated" } as const satisfies Row;

/** Families of codes: OpenSSL's verification errors, then Node's TLS errors. The first that fits counts. */
const FAMILIES: readonly (readonly [RegExp, Row])[] = [
  [/^(CERT_|CRL_|ERROR_IN_C|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_TLS_CERT_)/, always("tls_certificate")],
  // The alerts of RFC 8446 section 6.2 that are about who we are. OpenSSL 3.5 writes SSL/TLS for what was SSLV3.
  [
    /^ERR_SSL_.*_ALERT_((BAD|NO|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(EXPIRED|REQUIRED|REVOKED|UNKNOWN)|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY)$/,
    NOT_US,
  ],
  [/^(ERR_TLS_|ERR_SSL_|ERR_OSSL_)/, TLS],
  [/^ERR_HTTP2_/, LOST],
  [/^(E(?!RR_)[A-Z0-9_]+|Unknown system error -\d+)$/, SYSTEMS],
];

/** The kinds of a code; undefined for what is no failure of the system's, the network's or a peer's. */
export function rowOf(code: string): Row | undefined {
  return CODES.get(code) ?? FAMILIES.find(([family]) => family.test(code))?.[1];
}
