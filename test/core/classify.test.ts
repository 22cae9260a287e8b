// Every thrown value gets its place in the closed list: by code or name and phase, never by its message.

import dns from "node:dns";
import os from "node:os";
import { getSystemErrorMap } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify, type Phase } from "../../src/core/classify.ts";
import { FACTS, type FailureKind } from "../../src/core/failure.ts";

const PHASES = ["connect", "headers", "body", "write"] as const;

function coded(code: string, message = `it failed with ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

type Kinds = readonly [connect: FailureKind, headers: FailureKind, body: FailureKind, write: FailureKind];

const everywhere = (kind: FailureKind): Kinds => [kind, kind, kind, kind];
const disk = (kind: FailureKind): Kinds => ["connect_failed", "connection_lost", "truncated", kind];
const socket = (connect: FailureKind): Kinds => [connect, "connection_lost", "truncated", "write_failed"];
const lookup = socket;

/** By code: the kind while connecting, until the headers are whole, in the body, on this disk. */
const TABLE: Readonly<Record<string, Kinds>> = {
  ENOTFOUND: lookup("dns_not_found"),
  ENODATA: lookup("dns_not_found"),
  EAI_AGAIN: lookup("dns_temporary"),
  EAI_FAIL: lookup("dns_temporary"),
  ESERVFAIL: lookup("dns_temporary"),
  ETIMEOUT: lookup("dns_temporary"),
  ECONNREFUSED: socket("connect_refused"),
  ECONNRESET: socket("connect_failed"),
  ECONNABORTED: socket("connect_failed"),
  EPIPE: socket("connect_failed"),
  ETIMEDOUT: socket("connect_timeout"),
  EHOSTUNREACH: socket("connect_failed"),
  ENETUNREACH: socket("connect_failed"),
  EADDRNOTAVAIL: socket("connect_failed"),
  EMFILE: socket("connect_failed"),
  ENFILE: socket("connect_failed"),
  EACCES: socket("connect_failed"),
  EPERM: socket("connect_failed"),
  EAFNOSUPPORT: socket("connect_failed"),
  ENOMEM: socket("connect_failed"),
  ENONET: socket("connect_failed"),
  EAGAIN: socket("connect_failed"),
  ERR_SOCKET_CLOSED: socket("connect_failed"),
  EAI_FAMILY: lookup("dns_temporary"),
  EAI_SERVICE: lookup("dns_temporary"),
  EAI_SOCKTYPE: lookup("dns_temporary"),
  EAI_SYSTEM: lookup("dns_temporary"),
  EAI_OVERFLOW: lookup("dns_temporary"),
  EAI_ADDRFAMILY: lookup("dns_not_found"),
  EAI_IDN_ENCODE: lookup("dns_not_found"),
  EFORMERR: lookup("dns_temporary"),
  ECANCELLED: lookup("dns_temporary"),
  ENONAME: lookup("dns_not_found"),
  EPROTO: ["tls_error", "connection_lost", "truncated", "internal"],
  ERR_SSL_WRONG_VERSION_NUMBER: ["tls_error", "connection_lost", "truncated", "internal"],
  ERR_TLS_PROTOCOL_VERSION_CONFLICT: ["tls_error", "connection_lost", "truncated", "internal"],
  ERR_TLS_CERT_ALTNAME_INVALID: everywhere("tls_certificate"),
  CERT_HAS_EXPIRED: everywhere("tls_certificate"),
  CERT_NOT_YET_VALID: everywhere("tls_certificate"),
  SELF_SIGNED_CERT_IN_CHAIN: everywhere("tls_certificate"),
  DEPTH_ZERO_SELF_SIGNED_CERT: everywhere("tls_certificate"),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: everywhere("tls_certificate"),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: everywhere("tls_certificate"),
  ERROR_IN_CERT_NOT_AFTER_FIELD: everywhere("tls_certificate"),
  UNSPECIFIED: everywhere("tls_certificate"),
  OUT_OF_MEM: everywhere("tls_certificate"),
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: ["tls_error", "tls_error", "truncated", "internal"],
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: ["tls_error", "tls_error", "truncated", "internal"],
  "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE": ["tls_error", "tls_error", "truncated", "internal"],
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ["tls_error", "tls_error", "truncated", "internal"],
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: ["tls_error", "connection_lost", "truncated", "internal"],
  ERR_HTTP2_STREAM_ERROR: socket("connect_failed"),
  ERR_HTTP2_SESSION_ERROR: socket("connect_failed"),
  BULKGET_PROXY: everywhere("proxy_failed"),
  BULKGET_BLOCKED: everywhere("blocked_address"),
  ENOSPC: disk("disk_full"),
  EDQUOT: disk("disk_full"),
  EFBIG: disk("file_too_large"),
  EIO: disk("write_failed"),
  EROFS: disk("write_failed"),
  ENOENT: socket("connect_failed"),
  ESTALE: disk("write_failed"),
  EEXIST: disk("file_exists"),
  EISDIR: disk("file_exists"),
  ELOOP: disk("file_exists"),
  ENAMETOOLONG: disk("name_too_long"),
  ERR_INVALID_ARG_TYPE: everywhere("internal"),
  "Unknown system error -64": ["connect_failed", "connection_lost", "truncated", "internal"],
  E_NOBODY_KNOWS: ["connect_failed", "connection_lost", "truncated", "internal"],
  ERR_NOBODY_KNOWS: everywhere("internal"),
  X_NOBODY_KNOWS: everywhere("internal"),
  constructor: everywhere("internal"),
};

it.each(Object.entries(TABLE))("the code %s is, from phase to phase, %j", (code, kinds) => {
  expect(PHASES.map((phase) => classify(coded(code), phase).error)).toEqual(kinds);
});

describe("a system error", () => {
  const errnos = [...Object.keys(os.constants.errno), ...[...getSystemErrorMap().values()].map(([name]) => name)];
  const ofCares = Object.values(dns).filter((value) => typeof value === "string");
  /** netdb.h of glibc, whether libuv has a name for it or not. */
  const ofGetaddrinfo =
    `ADDRFAMILY AGAIN ALLDONE BADFLAGS CANCELED FAIL FAMILY IDN_ENCODE INPROGRESS INTR MEMORY NODATA NONAME NOTCANCELED OVERFLOW
    SERVICE SOCKTYPE SYSTEM`
      .split(/\s+/)
      .map((name) => `EAI_${name}`);

  it.each([...new Set([...errnos, ...ofCares, ...ofGetaddrinfo])])("%s is in the table, and no bug of ours", (code) => {
    const [connect, headers, body, write] = PHASES.map((phase) => classify(coded(code), phase).error);
    expect(connect).toMatch(code.startsWith("EAI_") ? /^dns_/ : /^(dns|connect|tls)_/);
    expect([headers, body]).toEqual(["connection_lost", "truncated"]);
    if (code !== "EPROTO") expect(write).not.toBe("internal");
  });

  it("has its code in the detail", () => {
    expect(classify(coded("EAFNOSUPPORT", "connect"), "connect")).toEqual({
      error: "connect_failed",
      detail: "connect (EAFNOSUPPORT)",
    });
  });
});

describe("a thrown value", () => {
  it("is classified by its code, not by its message", () => {
    expect(classify(new Error("read ECONNRESET"), "body").error).toBe("internal");
    expect(classify(coded("ENOSPC", "read ECONNRESET"), "write").error).toBe("disk_full");
  });

  it("of several addresses is classified by the most specific error, in any order", () => {
    const byRank = ["ENETUNREACH", "ENOMEM", "EHOSTUNREACH", "ETIMEDOUT", "ECONNREFUSED", "ECONNRESET"];
    fc.assert(
      fc.property(fc.shuffledSubarray(byRank, { minLength: 1 }), (codes) => {
        const errors = codes.map((code) => coded(code));
        const [most = ""] = [...codes].sort((one, other) => byRank.indexOf(other) - byRank.indexOf(one));
        const { error, detail } = classify(new AggregateError(errors, ""), "connect");
        expect([error, detail]).toEqual([classify(coded(most), "connect").error, `it failed with ${most}`]);
      }),
    );
  });

  it("of several addresses with equal errors is classified by the last one, and by a bug if there is one", () => {
    const [first, second] = [coded("ECONNREFUSED", "first"), coded("ECONNREFUSED", "second")];
    expect(classify(new AggregateError([first, second], ""), "connect")).toEqual({
      error: "connect_refused",
      detail: "second (ECONNREFUSED)",
    });
    expect(classify(new AggregateError([new TypeError("x"), second], ""), "connect").error).toBe("internal");
    expect(classify(new AggregateError([], "nothing tried"), "connect").error).toBe("internal");
  });

  it("without a known code is a bug, with its stack", () => {
    const error = new TypeError("x is not a function");
    expect(classify(error, "body")).toEqual({ error: "internal", detail: error.stack });
    expect(classify("a string", "body")).toEqual({ error: "internal", detail: "a string" });
    expect(classify(undefined, "body")).toEqual({ error: "internal", detail: "undefined" });
  });

  it("has one line of detail, which contains the code once", () => {
    expect(classify(coded("ECONNRESET", "socket hang up\nand more"), "body").detail).toBe(
      "socket hang up (ECONNRESET)",
    );
    expect(classify(coded("ECONNRESET", "read ECONNRESET"), "body").detail).toBe("read ECONNRESET");
    expect(classify(coded("BULKGET_PROXY", "proxy http://p:1 refused"), "connect").detail).toBe(
      "proxy http://p:1 refused",
    );
  });

  it("that was made from an answer has its status", () => {
    const refusal = Object.assign(coded("BULKGET_PROXY"), { status: 407 });
    expect(classify(refusal, "connect")).toMatchObject({ error: "proxy_failed", status: 407 });
  });

  it("is classified, whatever its type is", () => {
    const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true });
    fc.assert(
      fc.property(anything, fc.constantFrom<Phase>(...PHASES), (thrown, phase) => {
        const { error, detail } = classify(thrown, phase);
        expect(Object.hasOwn(FACTS, error)).toBe(true);
        expect(typeof detail).toBe("string");
      }),
    );
  });
});
