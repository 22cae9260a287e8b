// undici dispatchers with transports of their own: proxies, HTTP/2; and the memory that many requests leave behind.

import { createSecureServer } from "node:http2";
import { createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { Agent, ProxyAgent } from "undici";
import { describe, expect, it } from "vitest";
import { dispatcherConnections } from "../../../src/http/dispatcher/dispatcher-connections.ts";
import type { DispatchHandler } from "../../../src/http/dispatcher/dispatcher-shape.ts";
import { type BulkgetOptions, bulkget, type Outcome } from "../../../src/index.ts";
import { certificate, testGet } from "../../support/get.ts";
import { squid } from "../../support/network/proxies.ts";
import { installed } from "../../support/network/servers.ts";
import { own, ownSite } from "../../support/own.ts";

async function outcomesOf(urls: readonly string[], options: BulkgetOptions): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  for await (const outcome of bulkget(urls, { retries: 0, output: "memory", ...options }))
    outcomes.set(outcome.n, outcome);
  return outcomes;
}

const ending = <T extends Agent | ProxyAgent>(agent: T): T => {
  own({ close: () => agent.destroy() });
  return agent;
};

describe("a ProxyAgent as dispatcher", () => {
  const site = ownSite();

  it.skipIf(installed("squid") === undefined)("fetches through squid, with and without a tunnel", async () => {
    const proxy = await squid();
    own({ close: () => proxy.stop() });
    const urls = Array.from({ length: 50 }, (_, i) => site.url(`/${i}`));
    for (const proxyTunnel of [true, false]) {
      const dispatcher = ending(new ProxyAgent({ uri: proxy.origin, proxyTunnel }));
      const outcomes = await outcomesOf(urls, { dispatcher, concurrency: 20 });
      expect([...outcomes.values()].filter(({ outcome }) => outcome !== "saved")).toEqual([]);
      await dispatcher.destroy(); // squid logs a tunnel when it ends
    }
    const log = () => ["CONNECT", "GET"].map((method) => proxy.log().includes(` ${method} `));
    await expect.poll(log, { timeout: 20_000 }).toEqual([true, true]);
  });

  it("whose proxy refuses the tunnel, or is unreachable, causes proxy_failed or connect_* and no internal error", async () => {
    const refusing = createServer((socket) => {
      socket
        .on("error", () => {})
        .once("data", () => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    });
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const address = refusing.address();
    const port = typeof address === "object" && address !== null ? address.port : expect.unreachable();
    const dispatcher = ending(new ProxyAgent(`http://127.0.0.1:${port}`));
    const refused = await outcomesOf([site.url("/a")], { dispatcher, timeoutMs: 5000 });
    expect(refused.get(1)).toMatchObject({ outcome: "failed", error: "proxy_failed" });
    await new Promise((resolve) => refusing.close(resolve));
    const absent = await outcomesOf([site.url("/a")], { dispatcher, timeoutMs: 2000 });
    expect(absent.get(1)).toMatchObject({ outcome: "failed", error: expect.stringMatching(/^connect_/) });
  });
});

it("a dispatcher with allowH2 fetches whole bodies over HTTP/2, unverified without a Content-Length", async () => {
  const pair = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
  const server = createSecureServer({ ...pair, allowHTTP1: false }, (request, response) => {
    const body = Buffer.alloc(Number(request.url.slice(1)), "x");
    if (body.length % 2 === 0) response.setHeader("content-length", body.length);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  own({ close: () => void server.close() });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : expect.unreachable();
  const dispatcher = ending(new Agent({ allowH2: true, connect: { rejectUnauthorized: false } }));
  const sizes = [100, 101, 3_000_000, 3_000_001];
  const urls = sizes.map((size) => `https://localhost:${port}/${size}`);
  const outcomes = await outcomesOf(urls, { dispatcher });
  for (const [i, size] of sizes.entries()) {
    expect(outcomes.get(i + 1)).toMatchObject({ outcome: "saved", bytes: size });
    if (size % 2 === 1) expect(outcomes.get(i + 1)).toHaveProperty("length", "unverified");
  }
});

it("requests that a dispatcher never starts time out, and are aborted if it starts them later", async () => {
  const held: DispatchHandler[] = [];
  const carrier = dispatcherConnections({ dispatch: (_options, handler) => void held.push(handler) });
  const get = testGet({ carrier, timeoutMs: 50 });
  const results: unknown[] = [];
  for (let i = 0; i < 1000; i++)
    get.fetch(new URL(`http://mock.example/${i}`)).then(
      (result) => results.push(result),
      (error) => expect.unreachable(String(error)),
    );
  await expect.poll(() => results.length, { timeout: 60_000 }).toBe(1000);
  expect(held).toHaveLength(1000);
  // A request that starts after its timeout is aborted at once.
  let aborted = 0;
  for (const handler of held) handler.onRequestStart({ abort: () => aborted++, pause() {}, resume() {} });
  expect(aborted).toBe(1000);
  get.close();
  await turn();
  expect(process.getActiveResourcesInfo().filter((one) => one === "Immediate")).toEqual([]);
});

it("10,000 requests through one dispatcher leave fewer than 200 handlers in memory", async () => {
  const dispatcher = {
    dispatch(_options: object, handler: DispatchHandler) {
      const controller = { abort() {}, pause() {}, resume() {} };
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, { "content-length": "1000" });
      handler.onResponseData(controller, Buffer.alloc(1000));
      handler.onResponseEnd(controller, {});
    },
  };
  const refs: WeakRef<DispatchHandler>[] = [];
  const watched = {
    dispatch(options: object, handler: DispatchHandler) {
      refs.push(new WeakRef(handler));
      dispatcher.dispatch(options, handler);
    },
  };
  const urls = Array.from({ length: 10_000 }, (_, i) => `http://h${i % 100}.example/${i}`);
  const outcomes = await outcomesOf(urls, { dispatcher: watched });
  expect(outcomes.size).toBe(10_000);
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--expose-gc");
  const gc = (await import("node:vm")).runInNewContext("gc") as () => void;
  await turn();
  gc();
  expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(200);
});
