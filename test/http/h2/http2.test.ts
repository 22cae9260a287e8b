// --http2: many requests on one connection; what goes wrong with it costs what was under way and no more.

import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Get } from "../../../src/core/ports.ts";
import { certificate, collect, collectPart, testGet } from "../../support/get.ts";
import { body } from "../../support/rude.ts";

let server: Http2SecureServer | Server;
let get: Get;
let sockets: Set<Socket>;
let sessions: ServerHttp2Session[];
let connections: number;
let versions: string[];
let answer: (stream: ServerHttp2Stream, path: string) => void;

const TLS = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
const content = body(1000);
const whole = (stream: ServerHttp2Stream) => {
  stream.respond({ ":status": 200, "content-type": "text/plain", "content-length": content.length });
  stream.end(content);
};

async function start(only: "both" | "1.1" = "both"): Promise<void> {
  server = only === "both" ? createSecureServer({ ...TLS, allowHTTP1: true }) : createServer(TLS);
  server.on("secureConnection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  });
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    versions.push("2");
    stream.on("error", () => {});
    answer(stream, headers[":path"] ?? "");
  });
  server.on("request", (request, response) => {
    if (request.httpVersion === "2.0") return;
    versions.push(request.httpVersion);
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

beforeEach(() => {
  sockets = new Set();
  sessions = [];
  connections = 0;
  versions = [];
  answer = whole;
  get = testGet({ http2: true, ca: certificate("ca-cert.pem") });
});
afterEach(async () => {
  get.close();
  await expect.poll(() => sockets.size).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

const url = (path: string) => new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
const fetch = async (path: string) => collect(await get.fetch(url(path)));
const many = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => fetch(`/${i}`)));

it("fifty requests share one connection, and so do those after them", async () => {
  await start();
  for (let round = 0; round < 3; round++) for (const got of await many(50)) expect(got).toEqual(content);
  expect([connections, versions.length, new Set(versions)]).toEqual([1, 150, new Set(["2"])]);
});

it("a server without HTTP/2 gets HTTP/1.1, on as many connections as there are requests", async () => {
  await start("1.1");
  for (const got of await many(20)) expect(got).toEqual(content);
  for (const got of await many(20)) expect(got).toEqual(content);
  expect(new Set(versions)).toEqual(new Set(["1.1"]));
  expect(connections).toBeLessThanOrEqual(21);
});

it("without --http2 ALPN does not offer h2", async () => {
  await start();
  const plain = testGet({ ca: certificate("ca-cert.pem") });
  expect(await collect(await plain.fetch(url("/")))).toEqual(content);
  expect(versions).toEqual(["1.1"]);
  plain.close();
});

it("requests have the given headers with Host as :authority, and answers are parsed", async () => {
  await start();
  let seen: Record<string, unknown> = {};
  answer = (stream) => {
    stream.respond({ ":status": 200, etag: '"x"', "content-type": "text/x" });
    stream.end(content);
  };
  server.on("stream", (_, headers) => {
    seen = headers;
  });
  const own = testGet({ http2: true, ca: certificate("ca-cert.pem"), headers: ["X-Own", "1"] });
  const got = await own.fetch(url("/a?b=c"));
  expect(got).toMatchObject({ status: 200, etag: '"x"', type: "text/x" });
  expect(seen).toMatchObject({ ":path": "/a?b=c", ":scheme": "https", "x-own": "1", ":authority": url("/").host });
  await collect(got);
  own.close();
});

it("a truncated body is a failure, and the other answers on its connection are complete", async () => {
  await start();
  answer = (stream, path) => {
    if (path !== "/cut") return whole(stream);
    stream.respond({ ":status": 200, "content-length": 2000 });
    stream.write(content, () => stream.close(8));
  };
  const [cut, ...others] = await Promise.all([fetch("/cut"), ...Array.from({ length: 9 }, (_, i) => fetch(`/${i}`))]);
  expect(cut).toMatchObject({ error: "truncated" });
  for (const got of others) expect(got).toEqual(content);
  expect(connections).toBe(1);
});

it("a refused stream is repeated at once, on another connection (RFC 9113 section 8.7)", async () => {
  await start();
  expect(await fetch("/first")).toEqual(content);
  let refused = 0;
  answer = (stream) => {
    if (refused++ === 0) stream.close(7);
    else whole(stream);
  };
  expect(await fetch("/")).toEqual(content);
  expect(refused).toBe(2);
});

it("after GOAWAY and the end of the connection only requests in progress fail, and the next ones use a new connection", async () => {
  await start();
  expect(await fetch("/first")).toEqual(content);
  answer = (stream) => {
    stream.respond({ ":status": 200, "content-length": content.length });
    stream.write(content.subarray(0, 10));
  };
  const underWay = [fetch("/1"), fetch("/2"), fetch("/3")];
  await expect.poll(() => versions.length).toBe(4);
  answer = whole;
  await expect.poll(() => get.receivedBytes()).toBe(content.length + 30);
  sessions[0]?.goaway(0);
  sessions[0]?.destroy();
  for (const one of await Promise.all(underWay)) expect(one).toMatchObject({ error: "truncated" });
  for (const got of await many(10)) expect(got).toEqual(content);
  expect(connections).toBe(2);
});

it("with a GOAWAY every few answers no request fails, and requests still share connections", async () => {
  await start();
  const answered = new Map<unknown, number>();
  answer = (stream) => {
    const { session } = stream;
    if (session === undefined) return;
    const count = (answered.get(session) ?? 0) + 1;
    answered.set(session, count);
    if (count > 20) return; // not answered, as with nginx
    whole(stream);
    if (count === 20) stream.once("close", () => session.goaway(0, stream.id));
  };
  for (const got of await many(50)) expect(got).toEqual(content);
  expect(connections).toBeLessThanOrEqual(5);
  for (const session of sessions) session.destroy(); // after GOAWAY Node's server reads no more, and does not notice that the client closes
});

it("header values in UTF-8 are read byte by byte, as over HTTP/1.1", async () => {
  await start();
  const asked: string[] = [];
  answer = (stream, path) => {
    asked.push(path);
    if (path !== "/to") return whole(stream);
    stream.respond({ ":status": 302, location: Buffer.from("/caf\u00e9").toString("latin1") });
    stream.end();
  };
  expect(await fetch("/to")).toEqual(content);
  expect(asked).toEqual(["/to", "/caf%C3%A9"]);
});

it("unanswered requests of a reused connection that ends are repeated on a new one", async () => {
  await start();
  expect(await fetch("/first")).toEqual(content);
  answer = () => {};
  const underWay = [fetch("/1"), fetch("/2"), fetch("/3")];
  await expect.poll(() => versions.length).toBe(4);
  answer = whole;
  for (const socket of sockets) socket.destroy();
  for (const one of await Promise.all(underWay)) expect(one).toEqual(content);
});

it("a slow disk pauses large bodies one by one, and they arrive completely", async () => {
  await start();
  const large = body(6 * 1_048_576, 3);
  answer = (stream) => {
    stream.respond({ ":status": 200, "content-length": large.length });
    stream.end(large);
  };
  const held = await get.fetch(url("/held"));
  if (isFailure(held) || !("next" in held.body)) throw new Error("not a stream");
  const other = await fetch("/other");
  expect(Buffer.isBuffer(other) && other.equals(large)).toBe(true);
  const whole = await collect(held);
  expect(Buffer.isBuffer(whole) && whole.equals(large)).toBe(true);
});

it("the received bytes of a large body are delivered although no more arrive", async () => {
  await start();
  const large = body(200_000, 3);
  let goOn: (() => void) | undefined;
  answer = (stream) => {
    stream.respond({ ":status": 200, "content-length": large.length });
    stream.write(large.subarray(0, 150_001));
    goOn = () => stream.end(large.subarray(150_001));
  };
  const all = fetch("/");
  await expect.poll(() => get.receivedBytes()).toBe(150_001);
  goOn?.();
  const whole = await all;
  expect(Buffer.isBuffer(whole) && whole.equals(large)).toBe(true);
});

it("all received bytes of a truncated large body are delivered before the failure", async () => {
  await start();
  const large = body(200_000, 3);
  answer = (stream) => {
    stream.respond({ ":status": 200, "content-length": large.length });
    stream.write(large.subarray(0, 150_001), () => stream.close(8));
  };
  const answered = await get.fetch(url("/"));
  if (isFailure(answered)) throw new Error("no answer");
  const { bytes, failure } = await collectPart(answered);
  expect(failure).toMatchObject({ error: "truncated" });
  expect(bytes.equals(large.subarray(0, bytes.length))).toBe(true);
  expect(bytes.length).toBe(get.receivedBytes());
});

it("a timeout ends its request and not the connection", async () => {
  await start();
  get.close();
  get = testGet({ http2: true, ca: certificate("ca-cert.pem"), timeoutMs: 200 });
  expect(await fetch("/first")).toEqual(content);
  answer = (stream, path) => {
    if (path === "/other") whole(stream);
    if (path === "/body") stream.respond({ ":status": 200 });
  };
  const stalled = [fetch("/headers"), fetch("/body")];
  expect(await fetch("/other")).toEqual(content);
  expect(await Promise.all(stalled)).toMatchObject([{ error: "headers_timeout" }, { error: "body_timeout" }]);
  // At most one more connection, until the server has sent something.
  expect(await fetch("/other")).toEqual(content);
  expect(sockets.size).toBe(connections);
  expect(connections).toBeLessThanOrEqual(2);
});

it("an untrusted certificate is tls_certificate for every waiting request", async () => {
  await start();
  const wary = testGet({ http2: true });
  const all = await Promise.all([1, 2, 3].map(async () => wary.fetch(url("/"))));
  expect(all).toMatchObject([1, 2, 3].map(() => ({ error: "tls_certificate" })));
  wary.close();
});

it("abort ends waiting requests and those in progress", async () => {
  await start();
  answer = () => {};
  const all = [1, 2, 3].map((i) => fetch(`/${i}`));
  await expect.poll(() => versions.length).toBe(3);
  get.abort();
  for (const one of await Promise.all(all)) expect(one).toMatchObject({ error: "interrupted" });
});

it("an idle connection is closed after a few seconds", async () => {
  await start();
  expect(await fetch("/")).toEqual(content);
  expect(sockets.size).toBe(1);
  await expect.poll(() => sockets.size, { timeout: 20_000, interval: 250 }).toBe(0);
});
