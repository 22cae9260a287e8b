// Errors of a dispatcher become failures: by undici's codes, by those that it passes on, and what is neither.

import { classify, type Phase } from "../../core/classify.ts";
import type { Failure, FailureKind } from "../../core/failure.ts";
import { excerpt } from "../semantics/headers.ts";

type Row = FailureKind | { readonly connect: FailureKind; readonly headers: FailureKind; readonly body: FailureKind };

const LOST = { connect: "connect_failed", headers: "connection_lost", body: "truncated" } as const;

/** undici's codes. What is not here, nor one of the system's or of TLS, is `dispatcher_failed`. */
const CODES: Readonly<Record<string, Row>> = {
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  UND_ERR_HEADERS_TIMEOUT: "headers_timeout",
  UND_ERR_HEADERS_OVERFLOW: "headers_too_large",
  UND_ERR_BODY_TIMEOUT: "body_timeout",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { ...LOST, headers: "protocol_error" },
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "too_large",
  UND_ERR_SOCKET: LOST,
  UND_ERR_INFO: LOST,
  UND_ERR_REQ_RETRY: LOST,
  // Before a request is sent it comes from undici's ProxyAgent alone, where the proxy refuses the tunnel.
  UND_ERR_ABORTED: { ...LOST, connect: "proxy_failed" },
  UND_ERR_PRX_TLS: "proxy_failed",
  HPE_INVALID_EOF_STATE: { ...LOST, connect: "protocol_error" },
};

/** Families of codes, and the names of errors that may have none. The first that fits counts. */
const FAMILIES: readonly (readonly [RegExp, Row])[] = [
  [/^UND_ERR_SOCKS5/, "proxy_failed"],
  [/^HPE_|^HTTPParserError$/, "protocol_error"],
];

/** The errors that stand for an answer: undici's `responseError` interceptor, its `retry` interceptor, and `throwOnError`. */
const ANSWERS = ["UND_ERR_RESPONSE", "UND_ERR_RESPONSE_STATUS_CODE", "UND_ERR_REQ_RETRY"];

/** How many errors, each the cause of the one before, are looked at for a code that is known. */
const MAX_CAUSES = 5;

/** The failure that an error is. `phase`: how far the exchange had come. */
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

/** The answer that an error stands for, if it does. */
export function answerIn(error: unknown): { readonly status: number; readonly headers: unknown } | undefined {
  if (!(error instanceof Error) || !ANSWERS.includes(codeOf(error))) return undefined;
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

/** One line: the message, and the code or the name. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return excerpt(`the dispatcher failed with ${typeof error}`);
  const [message = ""] = error.message.split("\n", 1);
  const code = codeOf(error);
  if (code !== "") return message.includes(code) ? message : `${message} (${code})`;
  return error.name === "Error" && message !== "" ? message : `${error.name}: ${message}`;
}
