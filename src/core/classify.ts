// Classifies a thrown value as a Failure, by its error code and the phase, never by its message.

import { type Phase, rowOf } from "./error-codes.ts";
import type { Failure, FailureKind } from "./failure.ts";

export type { Phase } from "./error-codes.ts";

/**
 * Returns the Failure for a thrown value. A value whose code is in no table is `internal`: a bug of bulkget, with its stack.
 */
export function classify(thrown: unknown, phase: Phase): Failure {
  const error = mostSpecific(thrown, phase);
  const code = codeOf(error);
  const kind = kindOf(error, phase);
  if (kind === undefined) return bug(thrown);
  const status = statusOf(error);
  return {
    error: kind,
    detail: oneLine(error, code),
    ...(status === undefined ? {} : { status }),
    ...(isFinalError(error) ? { isFinal: true } : {}),
  };
}

/** Returns the Failure for a bug, with its stack. */
export function bug(thrown: unknown): Failure {
  return { error: "internal", detail: stackOf(thrown) };
}

function kindOf(error: unknown, phase: Phase): FailureKind | undefined {
  return rowOf(codeOf(error))?.[phase];
}

/**
 * The rank of error codes of single addresses, by what they show about the host, from little to much: no route to such
 * addresses from this machine; the host was not reached; it was reached.
 */
const RANKS: ReadonlyMap<string, number> = new Map(
  [
    ["EACCES", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL", "ENETDOWN", "ENETUNREACH", "EPERM"],
    [], // all others
    ["EHOSTDOWN", "EHOSTUNREACH"],
    ["ETIMEDOUT"],
    ["ECONNREFUSED"],
    ["ECONNABORTED", "ECONNRESET", "EPIPE"],
  ].flatMap((codes, rank) => codes.map((code) => [code, rank] as const)),
);

/** The rank of other codes: that of the empty row. */
const DEFAULT_RANK = 1;

/** A connection attempt to several addresses fails as an AggregateError: returns the error of the highest rank, the last of equals. */
function mostSpecific(thrown: unknown, phase: Phase): unknown {
  if (!(thrown instanceof AggregateError) || thrown.errors.length === 0) return thrown;
  const errors: readonly unknown[] = thrown.errors;
  return errors.reduce((best, error) => (rank(error, phase) >= rank(best, phase) ? error : best));
}

/** A bug has the highest rank, so that no other error hides it. */
function rank(error: unknown, phase: Phase): number {
  if (kindOf(error, phase) === undefined) return Number.POSITIVE_INFINITY;
  return RANKS.get(codeOf(error)) ?? DEFAULT_RANK;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** Returns the status of an error made from an answer, such as a proxy's to CONNECT. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  return typeof status === "number" ? status : undefined;
}

/** Whether the error repeats an earlier one without a new try. */
function isFinalError(error: unknown): boolean {
  return error instanceof Error && "isFinal" in error && error.isFinal === true;
}

function oneLine(error: unknown, code: string): string {
  if (code.endsWith("_ALERT_CERTIFICATE_REQUIRED"))
    return `the server requires a client certificate: see the option cert (${code})`;
  const message = error instanceof Error ? (reasonOf(error) ?? error.message) : "";
  const line = message.split("\n", 1)[0] ?? "";
  return code === "" || code.startsWith("BULKGET_") || line.includes(code) ? line : `${line} (${code})`;
}

/** Returns OpenSSL's reason; its message also names places in the source of OpenSSL. */
function reasonOf(error: Error): string | undefined {
  return "library" in error && "reason" in error && typeof error.reason === "string" ? error.reason : undefined;
}

function stackOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.stack ?? thrown.message;
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown); // String() throws for an object without a prototype
  }
}
