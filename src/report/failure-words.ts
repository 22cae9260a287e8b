// What happened to a URL in a person's words, with its code: "404 Not Found", "timed out waiting for headers (30 s)".

import { FACTS, type FailureKind } from "../core/failure.ts";

/** Maximum length of a detail, in characters. */
const MAX_DETAIL = 300;

/** Names of system calls before an error code. */
const CALL = /^(?:connect|read|write|getaddrinfo|query\w*) (?=E[A-Z]{2})/;

const asItIs = (detail: string) => detail;

/** Kinds that need more than their label and the detail in parentheses. */
const WORDS: Readonly<Partial<Record<FailureKind, (detail: string) => string>>> = {
  http_status: asItIs,
  connect_timeout: asItIs,
  // The detail of our own client is a sentence; that of getaddrinfo is not.
  dns_not_found: (detail) => (CALL.test(detail) ? withDetail("dns_not_found", detail) : detail),
  dns_temporary: (detail) => (CALL.test(detail) ? withDetail("dns_temporary", detail) : detail),
  deadline: asItIs,
  redirect_refused: asItIs,
  body_timeout: (detail) => `timed out: ${detail}`,
  headers_timeout: (detail) => `timed out waiting for headers (${/ in ([0-9.]+ s)$/.exec(detail)?.[1] ?? detail})`,
  internal: (detail) => `a bug in bulkget: ${detail}`,
};

/** Returns the words for a failure. The detail is shown as it is: it must be escaped. */
export function failureWords(error: FailureKind, detail: string): string {
  const words = WORDS[error];
  if (detail === "") return FACTS[error].label;
  return words === undefined ? withDetail(error, detail) : words(detail);
}

function withDetail(error: FailureKind, detail: string): string {
  return `${FACTS[error].label} (${detail.replace(CALL, "")})`;
}

/** Returns the words for a failure without what is in parentheses behind its label. */
export function withoutDetail(error: FailureKind, words: string): string {
  const { label } = FACTS[error];
  return words.startsWith(`${label} (`) ? label : words;
}

/** Returns "Not Found"; undefined for a status without a name. */
export function statusName(status: number): string | undefined {
  return process.getBuiltinModule("node:http").STATUS_CODES[status]; // loaded late: most runs end without a failure
}

/** Returns a few words for a failure, for lines with several: "403", "connection refused". */
export function shortWords(error: FailureKind, status: number | undefined): string {
  return error === "http_status" && status !== undefined ? `${status}` : FACTS[error].label;
}

/**
 * Returns the words for the earlier failures of a URL, each once, and only those that differ from the last one. `before`: as in
 * `retried_after`, "truncated: 1 of 2 bytes". Numbers in details differ from try to try: except for a status, the kind counts.
 */
export function earlierWords(
  before: readonly string[],
  last: { readonly error: FailureKind; readonly detail: string },
) {
  const seen = new Set([sameness(last.error, last.detail)]);
  const words: string[] = [];
  for (const one of before) {
    const [, kind = "", detail = ""] = /^([a-z_]+): (.*)$/s.exec(one) ?? [];
    const isKind = Object.hasOwn(FACTS, kind);
    const same = isKind ? sameness(kind as FailureKind, detail) : one;
    if (seen.has(same)) continue;
    seen.add(same);
    words.push(isKind ? failureWords(kind as FailureKind, detail.slice(0, MAX_DETAIL)) : one.slice(0, MAX_DETAIL));
  }
  return words;
}

/** A status decides by its number, all other kinds by themselves. */
function sameness(error: FailureKind, detail: string): string {
  return error === "http_status" ? (/^\d+/.exec(detail)?.[0] ?? detail) : error;
}
