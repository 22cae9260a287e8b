// Sends signed requests to one bucket: with the credentials of the moment, 64 at a time, repeated where that may help.

import { setMaxListeners } from "node:events";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { SecureContext } from "node:tls";
import { NO_BODY, type RequestBody, sha256Of } from "./body.ts";
import type { CredentialProvider } from "./credentials/provider.ts";
import type { Endpoint } from "./endpoint.ts";
import { exchange, type StoreAnswer, TIME_LIMITS, type TimeLimits } from "./exchange.ts";
import { isProblem, problemOf, STOPPED, type StoreProblem } from "./problem.ts";
import { retried } from "./retry.ts";
import { amzDate, authorization, EMPTY_SHA256, encodedPath, queryString } from "./sign.ts";

export interface StoreRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** The key of the object; absent for the bucket itself. */
  readonly key?: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** The answer of success has XML, and may be an error nonetheless. */
  readonly isAlwaysXml?: boolean;
  /** Receives the body of a good answer in pieces. */
  readonly onPiece?: (piece: Uint8Array) => void;
  /** It is sent even when the run is stopped: to abort what the run has begun. */
  readonly isLast?: boolean;
  /** Maximum number of tries. Default 10. */
  readonly maxTries?: number;
  /** Called before each try. */
  readonly onTry?: (tried: number) => void;
}

export interface Requests {
  /** Rejects only with errno errors of reading the body. */
  send(request: StoreRequest): Promise<StoreAnswer | StoreProblem>;
  /** Ends all requests, at once. */
  abort(): void;
  close(): void;
}

export interface RequestsOptions {
  readonly endpoint: Endpoint;
  readonly credentials: CredentialProvider;
  /** The certificate authorities of TLS. Default: those of Node. */
  readonly secureContext?: SecureContext | undefined;
  readonly nowMs: () => number;
  readonly limits?: TimeLimits;
}

/** Maximum number of requests under way, and so of connections: each has 256 KiB of its body in memory. */
export const MAX_REQUESTS = 64;

/** An idle connection is closed after these milliseconds: S3 closes it after 20 s itself. */
const IDLE_CONNECTION_MS = 15_000;

/** Tries of a request of a run that is stopped. */
const LAST_TRIES = 2;

/** Its time limits, in milliseconds: somebody waits for the end. */
const LAST_LIMITS: TimeLimits = { connectMs: 2000, idleMs: 5000, wholeMs: 30_000 };

/** The header in which Amazon S3 says where a bucket is, also without a body. */
const BUCKET_REGION = "x-amz-bucket-region";

/** Codes of errors after which other credentials may help. */
const EXPIRED = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "TokenRefreshRequired",
  "InvalidToken",
  "RequestExpired",
]);

export function storeRequests(options: RequestsOptions): Requests {
  const { endpoint, credentials, secureContext, nowMs, limits = TIME_LIMITS } = options;
  const { origin, host, base, region } = endpoint;
  const kept = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const tls = secureContext === undefined ? {} : { secureContext };
  const agent = origin.protocol === "https:" ? new HttpsAgent({ ...kept, ...tls }) : new HttpAgent(kept);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // one for each request under way, and for each that waits to be sent again
  const waiting: (() => void)[] = [];
  let underWay = 0;
  /** How much this machine's clock is behind the store's, in milliseconds. */
  let skewMs = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (underWay >= MAX_REQUESTS) await new Promise<void>((resolve) => void waiting.push(resolve));
    else underWay++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay--;
      else next(); // it takes over this one's place
    }
  }

  async function once(request: StoreRequest, bodySha256: string): Promise<StoreAnswer | StoreProblem> {
    const key = await credentials.current();
    if ("problem" in key) return { problem: key.problem, code: "NoCredentials", retry: false };
    const { method, query = [], body = NO_BODY, isAlwaysXml = false, onPiece } = request;
    const time = amzDate(nowMs() + skewMs);
    const path = pathOf(base, request.key);
    const headers: Record<string, string> = {
      host,
      "x-amz-content-sha256": bodySha256,
      "x-amz-date": time,
      ...(key.sessionToken === undefined ? {} : { "x-amz-security-token": key.sessionToken }),
      ...request.headers,
    };
    const signed = authorization({ method, path, query, headers, bodySha256 }, key, { region, service: "s3", time });
    const queried = queryString(query);
    const sent = {
      ...{ method, origin, body, onPiece },
      target: queried === "" ? path : `${path}?${queried}`,
      headers: { ...headers, authorization: signed },
    };
    const signal = request.isLast === true ? undefined : stop.signal;
    const answer = await exchange(sent, { agent, signal, limits: stop.signal.aborted ? LAST_LIMITS : limits });
    if (isProblem(answer)) return answer;
    const bucketRegion = String(answer.headers[BUCKET_REGION] ?? region);
    const otherRegion = bucketRegion === region ? undefined : bucketRegion;
    const problem = problemOf(answer.status, answer.text, isAlwaysXml, otherRegion);
    if (problem === undefined) return answer;
    if (EXPIRED.has(problem.code)) {
      return { ...problem, retry: credentials.refused(key) };
    }
    if (problem.code === "RequestTimeTooSkewed") {
      const storeMs = Date.parse(String(answer.headers.date));
      const isNew = !Number.isNaN(storeMs) && Math.abs(storeMs - nowMs() - skewMs) > 1000;
      if (isNew) skewMs = storeMs - nowMs();
      return { ...problem, retry: isNew };
    }
    return problem;
  }

  return {
    async send(request) {
      const { body, isLast = false } = request;
      const maxTries = isLast && stop.signal.aborted ? LAST_TRIES : request.maxTries;
      if (stop.signal.aborted && !isLast) return STOPPED;
      const bodySha256 = body === undefined || body.bytes === 0 ? EMPTY_SHA256 : await sha256Of(body);
      return await retried(
        (tried) => {
          request.onTry?.(tried);
          return inTurn(() => once(request, bodySha256));
        },
        {
          signal: isLast ? undefined : stop.signal,
          ...(maxTries === undefined ? {} : { maxTries }),
        },
      );
    },
    abort: () => stop.abort(),
    close: () => agent.destroy(),
  };
}

/** The path of an object, or of the bucket: `/bucket` without a slash at its end, as S3 has it. */
function pathOf(base: string, key: string | undefined): string {
  if (key !== undefined) return `${encodedPath(base)}${encodedPath(key)}`;
  return base === "/" ? "/" : encodedPath(base.slice(0, -1));
}
