// Sends one request and receives its answer, within time limits for the connection, for silence, and for the whole.

import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { SecureContext } from "node:tls";
import type { RequestBody } from "./body.ts";
import { STOPPED, type StoreProblem, transportReason } from "./problem.ts";

export interface ExchangeRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: URL;
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  /** Receives the body of a good answer in pieces, instead of `text`. Throws errno errors. */
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined;
}

export interface ExchangeOptions {
  readonly agent?: Agent | undefined;
  /** The certificate authorities of TLS, without an agent. Default: those of Node. */
  readonly secureContext?: SecureContext | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits: TimeLimits;
}

/** In milliseconds. */
export interface TimeLimits {
  /** For the name, the connection and TLS. */
  readonly connectMs: number;
  /** For silence in both directions. A store may take its time for CompleteMultipartUpload. */
  readonly idleMs: number;
  /** For the whole, besides the time of the body. */
  readonly wholeMs: number;
}

export interface StoreAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Empty where `onPiece` has received the body. */
  readonly text: string;
}

export const TIME_LIMITS: TimeLimits = { connectMs: 10_000, idleMs: 60_000, wholeMs: 120_000 };

/** The slowest speed that a body may have, in bytes per second: it adds to the time of the whole. */
const MIN_BYTES_PER_SECOND = 16_384;

/** Maximum length of an answer in memory, in bytes: a listing of 1,000 encoded keys has 3.5 million at most. */
const MAX_ANSWER_BYTES = 8_388_608;

/** Never rejects, except with an error of reading the body or of `onPiece`. */
export function exchange(request: ExchangeRequest, options: ExchangeOptions): Promise<StoreAnswer | StoreProblem> {
  const { origin, body, onPiece } = request;
  const { signal, limits } = options;
  if (signal?.aborted === true) return Promise.resolve(STOPPED);
  return new Promise((resolve, reject) => {
    let isSettled = false;
    let idle: NodeJS.Timeout | undefined;
    const wholeMs = limits.wholeMs + (body.bytes / MIN_BYTES_PER_SECOND) * 1000;
    const send = origin.protocol === "https:" ? httpsRequest : httpRequest;
    const req: ClientRequest = send(optionsOf(request, options));

    const settle = (result: StoreAnswer | StoreProblem | undefined, error?: unknown) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(idle);
      clearTimeout(whole);
      clearTimeout(connect);
      signal?.removeEventListener("abort", onAbort);
      if (result === undefined || "problem" in result) req.destroy();
      if (result === undefined) reject(error as Error);
      else resolve(result);
    };
    const fail = (problem: string, code: string) => settle({ problem, code, retry: true, isUncertain: true });
    const onAbort = () => settle(STOPPED);
    const active = () => {
      if (isSettled) return;
      clearTimeout(idle);
      idle = setTimeout(() => fail(`silent for ${seconds(limits.idleMs)}`, "ETIMEDOUT"), limits.idleMs);
    };
    const whole = setTimeout(() => fail(`not done after ${seconds(wholeMs)}`, "ETIMEDOUT"), wholeMs);
    const connect = setTimeout(
      () => fail(`no connection after ${seconds(limits.connectMs)}`, "ETIMEDOUT"),
      limits.connectMs,
    );
    signal?.addEventListener("abort", onAbort, { once: true });

    req.on("socket", (socket) => {
      const onConnected = () => {
        clearTimeout(connect);
        active();
      };
      if (socket.connecting) socket.once(origin.protocol === "https:" ? "secureConnect" : "connect", onConnected);
      else onConnected();
    });
    const onError = (error: NodeJS.ErrnoException) => fail(transportReason(error), error.code ?? error.name);
    req.on("error", onError);
    req.on("response", (response) => {
      active();
      const { statusCode: status = 0, headers } = response;
      const isGood = status >= 200 && status <= 299;
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (piece: Buffer) => {
        active();
        bytes += piece.length;
        if (isGood && onPiece !== undefined) {
          try {
            onPiece(piece);
          } catch (error) {
            settle(undefined, error);
          }
        } else if (bytes > MAX_ANSWER_BYTES) fail("an answer that is too long", "BadAnswer");
        else parts.push(piece);
      });
      response.on("error", onError);
      response.on("aborted", () => fail("the answer was cut off", "ECONNRESET"));
      response.on("end", () => {
        settle({ status, headers, text: Buffer.concat(parts).toString("utf8") });
        // An answer before the end of the body: the connection cannot be used again.
        if (!req.writableFinished) req.destroy();
      });
    });
    void sendBody(req, body, active, () => isSettled).catch((error: unknown) => settle(undefined, error));
  });
}

function optionsOf(
  { method, origin, target, headers, body }: ExchangeRequest,
  { agent, secureContext }: ExchangeOptions,
) {
  const length = body.bytes > 0 || method === "PUT" || method === "POST" ? { "content-length": body.bytes } : {};
  const options: RequestOptions = {
    method,
    protocol: origin.protocol,
    hostname: origin.hostname.replace(/^\[|\]$/g, ""),
    path: target,
    headers: { ...headers, ...length },
    ...(origin.port === "" ? {} : { port: origin.port }),
    ...(agent === undefined ? {} : { agent }),
    ...(secureContext === undefined ? {} : { secureContext }),
  };
  return options;
}

/** Writes a body with backpressure. Rejects with an error of reading it. */
async function sendBody(
  req: ClientRequest,
  body: RequestBody,
  active: () => void,
  isOver: () => boolean,
): Promise<void> {
  for await (const piece of body.pieces()) {
    if (isOver()) return;
    // The piece is overwritten when the next one is asked for: it must have left this process.
    await new Promise<void>((resolve) => {
      const next = () => {
        req.off("close", next);
        resolve();
      };
      req.once("close", next);
      req.write(piece, next);
    });
    active();
  }
  if (!isOver()) req.end();
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
