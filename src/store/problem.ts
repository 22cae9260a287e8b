// Why a store did not do what it was asked: a value, with its reason in one line and whether another try may help.

import { elementsOf, textAt } from "./xml.ts";

export interface StoreProblem {
  /** The reason, in one line, without secrets: "403 AccessDenied: Access Denied". */
  readonly problem: string;
  /** The code of the store's error, or of the system's: `SlowDown`, `ECONNRESET`. */
  readonly code: string;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** Another try may help. */
  readonly retry: boolean;
  /** The request may have had its effect, although no answer says so. */
  readonly isUncertain?: true;
}

/** Whether a result is a problem. */
export function isProblem(value: unknown): value is StoreProblem {
  return typeof value === "object" && value !== null && "problem" in value;
}

/** The result of requests that end because the run is stopped. */
export const STOPPED: StoreProblem = { problem: "stopped before the store had it", code: "ABORTED", retry: false };

/** Statuses after which a request is sent again. */
const RETRIED_STATUSES = new Set([408, 429, 500, 502, 503, 504]);

/** Codes of errors after which a request is sent again, whatever their status ("Error responses" of the S3 API reference). */
const RETRIED_CODES = new Set([
  "BadDigest",
  "ConditionalRequestConflict",
  "InternalError",
  "OperationAborted",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "TooManyRequests",
  "XAmzContentSHA256Mismatch",
]);

/** Statuses of an answer to a request that was signed for another region, or sent to another one. */
const WRONG_REGION_STATUSES = new Set([301, 307, 400]);

/** Maximum length of a message of a store in ours, in characters. */
const MAX_MESSAGE_CHARS = 200;

/**
 * The problem that an answer is; undefined where it is none. `isAlwaysXml`: the answer of a request whose success has XML: with
 * status 200 it may be an error (CompleteMultipartUpload, CopyObject). `otherRegion`: the bucket's, by a header.
 */
export function problemOf(
  status: number,
  body: string,
  isAlwaysXml: boolean,
  otherRegion = "",
): StoreProblem | undefined {
  const isError = status < 200 || status > 299;
  if (!isError && !isAlwaysXml) return undefined;
  let code = "";
  let message = "";
  let region = WRONG_REGION_STATUSES.has(status) ? otherRegion : "";
  try {
    const elements = elementsOf(body);
    // S3 has the error at the root, STS in an ErrorResponse.
    const root = elements.some(({ path }) => path.startsWith("ErrorResponse/")) ? "ErrorResponse/Error" : "Error";
    code = textAt(elements, `${root}/Code`);
    message = textAt(elements, `${root}/Message`);
    region = textAt(elements, "Error/Region") || region;
  } catch {
    // An answer of something in between, or one that was cut off.
    if (!isError) return { problem: `${status} with an answer that is no XML`, code: "BadAnswer", status, retry: true };
  }
  if (!isError && code === "") return undefined;
  const text = oneLine([String(status), code === "" ? "" : ` ${code}`, message === "" ? "" : `: ${message}`].join(""));
  // After what is shortened.
  const advice = region === "" ? "" : ` (the bucket's region is ${oneLine(region)}: set AWS_REGION=${oneLine(region)})`;
  // An error that comes with status 200 was found late: all of those that S3 documents are temporary.
  const retry = !isError || RETRIED_STATUSES.has(status) || RETRIED_CODES.has(code);
  return { problem: text + advice, code, status, retry, ...(status >= 500 ? { isUncertain: true } : {}) };
}

/** Codes of a certificate whose authority is not known here. */
const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Why there was no answer, in one line: an error of a socket, of TLS or of the HTTP parser. */
export function transportReason({ message, code = "" }: NodeJS.ErrnoException): string {
  // "write EPROTO 80AC…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/…:350:"
  const tls = /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  if (tls === "wrong version number" || tls === "packet length too long")
    return "no TLS at this port: an endpoint without TLS begins with http://";
  if (tls !== undefined) return oneLine(`TLS: ${tls}`);
  if (code.startsWith("HPE_"))
    return oneLine(`no HTTP at this port, or TLS, for which the endpoint begins with https:// (${message})`);
  const advice = UNKNOWN_AUTHORITY.has(code) ? "; NODE_EXTRA_CA_CERTS=<file> adds its authority" : "";
  return `${oneLine(message)}${advice}`;
}

/** Without control characters, and shortened. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, " ").trim();
  return line.length > MAX_MESSAGE_CHARS ? `${line.slice(0, MAX_MESSAGE_CHARS)}…` : line;
}
