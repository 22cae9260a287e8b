// Maps the errors of a dispatcher to failures, by undici's codes and by those of the system and of TLS.

import { classify, type Phase } from "../../core/classify.ts";
import type { Failure, FailureKind } from "../../core/failure.ts";
import { excerpt } from "../semantics/headers.ts";

type Row = FailureKind | { readonly connect: FailureKind; readonly headers: FailureKind; readonly body: FailureKind };

const CONNECTION_LOST = { connect: "connect_failed", headers: "connection_lost", body: "truncated" } as const;

/** undici's codes. A code that is neither here nor one of the system or of TLS is `dispatcher_failed`. */
const CODES: Readonly<Record<string, Row>> = {
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  UND_ERR_HEADERS_TIMEOUT: "headers_timeout",
  UND_ERR_HEADERS_OVERFLOW: "headers_too_large",
  UND_ERR_BODY_TIMEOUT: "body_timeout",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { ...CONNECTION_LOST, headers: "protocol_error" },
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "too_large",
  UND_ERR_SOCKET: CONNECTION_LOST,
  UND_ERR_INFO: CONNECTION_LOST,
  UND_ERR_REQ_RETRY: CONNECTION_LOST,
  // Before a request is sent, only undici's ProxyAgent throws it: the proxy refused the tunnel.
  UND_ERR_ABORTED: { ...CONNECTION_LOST, connect: "proxy_failed" },
  UND_ERR_PRX_TLS: "proxy_failed",
  HPE_INVALID_EOF_STATE: { ...CONNECTION_LOST, connect: "protocol_error" },
};

/** Families of codes, and names of errors without a code. The first match counts. */
const FAMILIES: readonly (readonly [RegExp, Row])[] = [
  [/^UND_ERR_SOCKS5/, "proxy_failed"],
  [/^HPE_|^HTTPParserError$/, "protocol_error"],
];

/** Codes of errors that contain an answer: of undici's `responseError` and `retry` interceptors, and of `throwOnError`. */
const ANSWER_CODES = ["UND_ERR_RESPONSE", "UND_ERR_RESPONSE_STATUS_CODE", "UND_ERR_REQ_RETRY"];

/** Maximum length of the chain of causes that is searched for a known code. */
const MAX_CAUSES = 5;

/** Returns the failure for an error. `phase`: the phase of the exchange. */
export function failureOf(error: unknown, phase: Exclude<Phase, "write">): Failure {
  let cause = error;
  for (let i = 0; i < MAX_CAUSES && cause instanceof Error; i++) {
    const row = rowOf(codeOf(cause)) ?? rowOf(cause.name);
    if (row !== undefined) return { error: typeof row === "string" ? row : row[phase], detail: textOf(cause) };
    const failure = classify(cause, phase);
    if (failure.error !== "internal") return failure;
    cause = cause.cause;
  }
  return { error: "dispatcher_failed", detail: textOf(error) };
}

/** Returns the answer that an error contains; undefined if it contains none. */
export function answerIn(error: unknown): { readonly status: number; readonly headers: unknown } | undefined {
  if (!(error instanceof Error) || !ANSWER_CODES.includes(codeOf(error))) return undefined;
  const status = "statusCode" in error ? error.statusCode : undefined;
  const headers = "headers" in error ? error.headers : undefined;
  return typeof status === "number" && status >= 400 && status <= 599 ? { status, headers } : undefined;
}

function rowOf(code: string): Row | undefined {
  if (Object.hasOwn(CODES, code)) return CODES[code];
  return FAMILIES.find(([family]) => family.test(code))?.[1];
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Returns one line: the message, and the code or the name. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return excerpt(`the dispatcher failed with ${typeof error}`);
  const [message = ""] = error.message.split("\n", 1);
  const code = codeOf(error);
  if (code !== "") return message.includes(code) ? message : `${message} (${code})`;
  return error.name === "Error" && message !== "" ? message : `${error.name}: ${message}`;
}
