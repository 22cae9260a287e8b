// Any thrown value becomes a Failure, by its code and by where we were; never by its message.

import { type Phase, rowOf } from "./error-codes.ts";
import type { Failure, FailureKind } from "./failure.ts";

export type { Phase } from "./error-codes.ts";

/**
 * Puts a thrown value into the closed list.
 * What is in no table is `internal`: a bug of ours, with its stack, never "the network".
 */
export function classify(thrown: unknown, phase: Phase): Failure {
  const error = mostTelling(thrown, phase);
  const code = codeOf(error);
  const kind = kindOf(error, phase);
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

function kindOf(error: unknown, phase: Phase): FailureKind | undefined {
  return rowOf(codeOf(error))?.[phase];
}

/**
 * The codes of errors of single addresses, by how much they show of the host, from little to much: this machine has no way to
 * addresses of that kind; nobody could be reached there; somebody was.
 */
const TELLING: ReadonlyMap<string, number> = new Map(
  [
    ["EACCES", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL", "ENETDOWN", "ENETUNREACH", "EPERM"],
    [], // all others
    ["EHOSTDOWN", "EHOSTUNREACH"],
    ["ETIMEDOUT"],
    ["ECONNREFUSED"],
    ["ECONNABORTED", "ECONNRESET", "EPIPE"],
  ].flatMap((codes, rank) => codes.map((code) => [code, rank] as const)),
);

/** The rank of what is in no row: that of the empty one. */
const OTHERS = 1;

/** An attempt at several addresses fails as an AggregateError: the most telling error stands for it, of two alike the last one. */
function mostTelling(thrown: unknown, phase: Phase): unknown {
  if (!(thrown instanceof AggregateError) || thrown.errors.length === 0) return thrown;
  const errors: readonly unknown[] = thrown.errors;
  return errors.reduce((best, error) => (rank(error, phase) >= rank(best, phase) ? error : best));
}

/** A bug of ours is not to be hidden by what else happened. */
function rank(error: unknown, phase: Phase): number {
  if (kindOf(error, phase) === undefined) return Number.POSITIVE_INFINITY;
  return TELLING.get(codeOf(error)) ?? OTHERS;
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
  if (code.endsWith("_ALERT_CERTIFICATE_REQUIRED"))
    return `the server requires a client certificate: see the option cert (${code})`;
  const message = error instanceof Error ? (reasonOf(error) ?? error.message) : "";
  const line = message.split("\n", 1)[0] ?? "";
  return code === "" || code.startsWith("BULKGET_") || line.includes(code) ? line : `${line} (${code})`;
}

/** OpenSSL's reason; the message around it names places in its source. */
function reasonOf(error: Error): string | undefined {
  return "library" in error && "reason" in error && typeof error.reason === "string" ? error.reason : undefined;
}

function stackOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.stack ?? thrown.message;
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown); // not everything can be made a text
  }
}
