// Serves metrics over HTTP/1.1 until the run is over: bounded, whoever asks, and never a reason for the process to stay.
// Not with node:http, whose server takes nearly twice the processor time of this one for a scrape.

import { createServer, type Socket } from "node:net";
import { CONTENT_TYPE } from "./exposition.ts";
import { metricsUrl } from "./target.ts";

export interface MetricsServer {
  readonly url: string;
  /** Closes all connections. */
  close(): void;
}

/** Maximum number of connections; a scraper needs one. Others are closed when they are accepted. */
const MAX_CONNECTIONS = 16;

/** How long a request may take to arrive, and a connection may be silent: Prometheus waits for an answer for 10 s by default. */
const TIMEOUT_MS = 10_000;

/** Maximum length of the head of a request. Prometheus sends 300 bytes. */
const MAX_HEAD_CHARS = 8192;

/**
 * Answers are at least so far apart; requests that come sooner wait, and are answered together: an answer takes 0.1 to 0.2 ms of
 * the run's processor time, and 16 connections get 64 per second at most. A scraper, which asks every few seconds, never waits.
 */
const PACE_MS = 250;

const INDEX = Buffer.from("The metrics of a run of bulkget are at /metrics\n");
const NOTHING = Buffer.alloc(0);

/** Listens at `host` and `port`, 0 for any free one. `text` returns the metrics of the moment. Rejects with the errno error. */
export async function serveMetrics(
  host: string,
  port: number,
  text: () => string,
  timeoutMs = TIMEOUT_MS,
): Promise<MetricsServer> {
  const connections = new Map<Socket, Connection>();
  const pace = paced(PACE_MS);
  let made: Buffer = NOTHING;
  let madeMs = Number.NEGATIVE_INFINITY;
  const metrics = () => {
    const nowMs = performance.now();
    if (nowMs - madeMs < PACE_MS / 2) return made; // for the next one of those that are answered together
    madeMs = nowMs;
    made = responseOf("200 OK", Buffer.from(text()), `Content-Type: ${CONTENT_TYPE}`);
    return made;
  };
  const server = createServer((socket) => {
    connections.set(socket, answerOn(socket, pace, metrics));
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => connections.delete(socket));
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", () => {}); // accept(2) fails while file descriptors run out: the next scrape may find one
  server.unref();
  const timer = setInterval(() => {
    const oldestMs = performance.now() - timeoutMs;
    for (const [socket, { sinceMs }] of connections) if (sinceMs() < oldestMs) socket.destroy();
  }, timeoutMs / 10).unref();
  const address = server.address();
  const listening = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: metricsUrl({ host, port: listening }),
    close() {
      clearInterval(timer);
      pace.close();
      server.close();
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

interface Pace {
  /** Calls `act` now, or together with others when the time has come. */
  when(act: () => void): void;
  close(): void;
}

function paced(paceMs: number): Pace {
  const waiting: (() => void)[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const actAll = () => {
    timer = undefined;
    lastMs = performance.now();
    for (const act of waiting.splice(0)) act();
  };
  return {
    when(act) {
      waiting.push(act);
      if (timer !== undefined) return;
      const leftMs = lastMs + paceMs - performance.now();
      if (leftMs <= 0) actAll();
      else timer = setTimeout(actAll, leftMs).unref();
    },
    close: () => clearTimeout(timer),
  };
}

interface Connection {
  /** When the last answer was sent, or the connection was opened. */
  readonly sinceMs: () => number;
}

/** Answers the requests on a connection, one after the other. */
function answerOn(socket: Socket, pace: Pace, metrics: () => Buffer): Connection {
  let sinceMs = performance.now();
  let head = "";
  let isWaiting = false;
  const endWith = (response: Buffer) => void socket.end(response, () => socket.destroy());
  const next = () => {
    const end = head.indexOf(HEAD_END);
    if (end < 0 || isWaiting) return;
    isWaiting = true;
    pace.when(() => {
      isWaiting = false;
      if (!socket.writable) return;
      const { response, isLast } = answerTo(head.slice(0, end), metrics);
      head = head.slice(end + HEAD_END.length);
      sinceMs = performance.now();
      // A client that does not read its answers gets no more of them.
      if (isLast || socket.writableLength > 0) return endWith(response);
      socket.write(response);
      next();
    });
  };
  socket.on("data", (piece: Buffer) => {
    head += piece.toString("latin1");
    if (head.length > MAX_HEAD_CHARS) endWith(responseOf("431 Request Header Fields Too Large", NOTHING, CLOSE));
    else next();
  });
  return { sinceMs: () => sinceMs };
}

const HEAD_END = "\r\n\r\n";
const TEXT = "Content-Type: text/plain; charset=utf-8";
const CLOSE = "Connection: close";

/** The method, the path without its query, and the minor version. */
const REQUEST_LINE = /^([A-Z]+) ([^\s?]*)\S* HTTP\/1\.([01])(?:\r\n|$)/;

/** What follows a request with a body would be taken for another request. */
const ENDS_CONNECTION = /\n(?:connection: *close|content-length: *[^\s0]|transfer-encoding:)/i;

/** The answer to a request; `isLast`: the connection ends with it. */
function answerTo(head: string, metrics: () => Buffer): { readonly response: Buffer; readonly isLast: boolean } {
  const [, method = "", path = "", minor = ""] = REQUEST_LINE.exec(head) ?? [];
  if (method === "") return { response: responseOf("400 Bad Request", NOTHING, CLOSE), isLast: true };
  if (method !== "GET" && method !== "HEAD")
    return { response: responseOf("405 Method Not Allowed", NOTHING, "Allow: GET, HEAD", CLOSE), isLast: true };
  const whole =
    path === "/metrics"
      ? metrics()
      : path === "/"
        ? responseOf("200 OK", INDEX, TEXT)
        : responseOf("404 Not Found", NOTHING, TEXT);
  const response = method === "HEAD" ? whole.subarray(0, whole.indexOf(HEAD_END) + HEAD_END.length) : whole;
  return { response, isLast: minor === "0" || ENDS_CONNECTION.test(head) };
}

function responseOf(status: string, body: Buffer, ...headers: readonly string[]): Buffer {
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, "X-Content-Type-Options: nosniff"];
  return Buffer.concat([Buffer.from(head.join("\r\n") + HEAD_END), body]);
}
