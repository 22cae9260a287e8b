// One request to an endpoint of credentials, tried a few times.

import { setTimeout as delay } from "node:timers/promises";
import type { SecureContext } from "node:tls";
import { memoryBody, NO_BODY } from "../body.ts";
import { exchange, type StoreAnswer, type TimeLimits } from "../exchange.ts";
import { isProblem, problemOf, type StoreProblem } from "../problem.ts";

export interface TextRequest {
  readonly method: "GET" | "PUT" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The certificate authorities of TLS. */
  readonly secureContext?: SecureContext | undefined;
  readonly limits: TimeLimits;
  readonly tries?: number;
}

/** Milliseconds before the second try; twice as long before each further one. */
const FIRST_DELAY_MS = 100;

/** The text of a good answer. Never rejects. */
export async function fetchText({
  method,
  url,
  headers = {},
  body,
  secureContext,
  limits,
  tries = 3,
}: TextRequest): Promise<string | StoreProblem> {
  const sent = body === undefined ? NO_BODY : memoryBody([Buffer.from(body)]);
  const request = { method, origin: url, target: url.pathname + url.search, headers, body: sent };
  for (let tried = 1; ; tried++) {
    const answer: StoreAnswer | StoreProblem = await exchange(request, { secureContext, limits });
    const problem = isProblem(answer) ? answer : problemOf(answer.status, answer.text, false);
    if (problem === undefined && "text" in answer) return answer.text;
    if (problem === undefined) return { problem: "no answer", code: "BadAnswer", retry: false };
    if (!problem.retry || tried >= tries) return problem;
    await delay(FIRST_DELAY_MS * 2 ** (tried - 1));
  }
}
