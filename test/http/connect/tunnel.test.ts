// Requests through HTTP proxies: the absolute form, CONNECT, and the failures of CONNECT.

import { describe, expect, it } from "vitest";
import type { Get } from "../../../src/core/ports.ts";
import { proxyRules } from "../../../src/http/connect/proxy.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { body, rudeServer } from "../../support/rude.ts";
import { answeringConnect, type ProxyMode, rudeProxy } from "../../support/rude-proxy.ts";
import { flood } from "../../support/servers/flood.ts";

async function proxied(mode: ProxyMode, credentials = "") {
  const proxy = own(await rudeProxy(mode));
  const get: Get = own(
    testGet({
      ca: certificate("ca-cert.pem"),
      proxyFor: proxyRules(proxy.origin.replace("//", `//${credentials}`), {}),
    }),
  );
  return { proxy, fetch: async (url: string) => collect(await get.fetch(new URL(url))) };
}

async function served(secure: boolean) {
  const tls = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
  const server = own(await rudeServer(secure ? { tls } : {}));
  return server;
}

describe("a request through an HTTP proxy", () => {
  it("uses the absolute form for http, with the origin's Host", async () => {
    const { proxy, fetch } = await proxied("works");
    const [a, b] = [await served(false), await served(false)];
    expect(await fetch(a.url("/ok?seed=1"))).toEqual(body(100, 1));
    expect(await fetch(b.url("/ok?seed=2"))).toEqual(body(100, 2));
    expect(proxy.requests.map(({ line }) => line)).toEqual([
      `GET ${a.url("/ok?seed=1")} HTTP/1.1`,
      `GET ${b.url("/ok?seed=2")} HTTP/1.1`,
    ]);
    expect(proxy.requests.map(({ headers }) => headers["host"])).toEqual([a, b].map(({ port }) => `127.0.0.1:${port}`));
  });

  it("uses CONNECT for https, and only the origin gets the request", async () => {
    const { proxy, fetch } = await proxied("works");
    const server = await served(true);
    for (let i = 0; i < 5; i++) expect(await fetch(server.url(`/ok?seed=${i}`))).toEqual(body(100, i));
    expect(proxy.connects).toEqual([`127.0.0.1:${server.port}`]);
    expect(proxy.requests).toEqual([]);
  });

  it.each([false, true])("sends the credentials of the proxy's URL to the proxy only (https: %s)", async (secure) => {
    const { fetch } = await proxied("auth", "user:pass@");
    const server = await served(secure);
    expect(await fetch(server.url("/ok"))).toEqual(body(100));
    if (secure) expect(server.seen[0]?.headers["proxy-authorization"]).toBeUndefined();
  });

  it("without the required credentials fails with 407, and is not retried", async () => {
    const { fetch } = await proxied("auth");
    expect(await fetch((await served(true)).url("/ok"))).toMatchObject({ error: "proxy_failed", status: 407 });
    expect(await fetch((await served(false)).url("/ok"))).toMatchObject({ error: "http_status", status: 407 });
  });

  it.each([
    "close-on-connect",
    "garbage-on-connect",
    "refuse-on-connect",
    "huge-on-connect",
    "extra-on-connect",
  ] as const)('to a proxy in the mode "%s" is proxy_failed at once, without a busy loop', async (mode) => {
    const { proxy, fetch } = await proxied(mode);
    const before = process.cpuUsage();
    expect(await fetch("https://example.invalid/")).toMatchObject({ error: "proxy_failed" });
    expect(proxy.connects).toEqual(["example.invalid:443"]);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  it("skips informational answers to CONNECT, also in one chunk with the answer, up to 16 KiB", async () => {
    const info = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const refusing = "HTTP/1.1 403 Forbidden\r\n\r\n";
    let answer: string[] = [];
    const raw = own(await flood(() => answer));
    const get = own(testGet({ proxyFor: proxyRules(`http://127.0.0.1:${raw.port}`, {}) }));
    const ask = async () => collect(await get.fetch(new URL("https://example.invalid/")));
    for (answer of [[info, info, refusing], [info + info + refusing], [...`${info}${refusing}`]]) {
      expect(await ask()).toMatchObject({ error: "proxy_failed", status: 403 });
    }
    answer = Array.from({ length: 1000 }, () => info);
    expect(await ask()).toMatchObject({ error: "proxy_failed" });
  });

  const ESTABLISHED = [
    "HTTP/1.1 200 OK\n\n",
    "HTTP/1.1 200 OK\r\n\n",
    "HTTP/1.1 200 OK\n\r\n",
    "HTTP/1.0 200 OK\nVia: a\nServer: b\n\n",
    "HTTP/1.1   200 OK\r\n\r\n",
    "HTTP/1.1\t200\tOK\r\n\r\n",
    "HTTP/1.1 200OK\r\n\r\n",
    "HTTP/1.1 200\r\n\r\n",
    "HTTP/1.2 200 OK\r\n\r\n",
    " HTTP/1.1 200 OK\r\n\r\n",
    "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 200 PHP Warning\r\nX y\r\n: z\r\nContent-Length: 3\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\n\n",
    "HTTP/1.1 103 A\nLink: </a>\n\r\n\nHTTP/1.1  102 B\r\n\nHTTP/1.1 200OK\n\r\n",
  ];
  it.each(ESTABLISHED.flatMap((answer) => [[answer, "whole"] as const, [answer, "byte by byte"] as const]))(
    "opens a tunnel by the answer %j, received %s",
    async (answer, how) => {
      const proxy = own(await answeringConnect(how === "whole" ? [answer] : [...answer]));
      const get = own(
        testGet({ ca: certificate("ca-cert.pem"), proxyFor: proxyRules(`http://127.0.0.1:${proxy.port}`, {}) }),
      );
      expect(await collect(await get.fetch(new URL((await served(true)).url("/ok"))))).toEqual(body(100));
    },
  );

  it.each([
    "HTTP/1.1 2000 OK\n\n",
    "HTTP/1.1200 OK\n\n",
    "HTTP/2 200\n\n",
    "ICY 200 OK\n\n",
    "HTTP/1.1 OK\n\n",
    "\n\n\nx",
  ])("fails if the answer to CONNECT is %j", async (answer) => {
    const proxy = own(await answeringConnect([answer]));
    const get = own(testGet({ proxyFor: proxyRules(`http://127.0.0.1:${proxy.port}`, {}) }));
    expect(await get.fetch(new URL("https://127.0.0.1:9/"))).toMatchObject({
      error: "proxy_failed",
      detail: `proxy http://127.0.0.1:${proxy.port} does not speak HTTP`,
    });
  });

  it("is the proxy's failure if the connection is reset on CONNECT", async () => {
    const { fetch } = await proxied("reset-on-connect");
    expect(await fetch("https://example.invalid/")).toMatchObject({ error: "proxy_failed" });
  });

  it.each(["http", "https"])("to an unreachable proxy is proxy_failed, for %s", async (scheme) => {
    const get = own(testGet({ proxyFor: proxyRules("http://user:secret@127.0.0.2:9", {}) }));
    expect(await get.fetch(new URL(`${scheme}://example.invalid/`))).toEqual({
      error: "proxy_failed",
      detail: "proxy http://127.0.0.2:9 cannot be reached: connect ECONNREFUSED 127.0.0.2:9",
    });
  });

  it("to a proxy whose name does not exist is proxy_failed, and not dns_not_found", async () => {
    const missing = Object.assign(new Error("getaddrinfo ENOTFOUND p.test"), { code: "ENOTFOUND" });
    const get = own(
      testGet({
        proxyFor: proxyRules("http://p.test:1", {}),
        lookup: (_host, _how, done) => done(missing, []),
      }),
    );
    expect(await get.fetch(new URL("https://example.invalid/"))).toMatchObject({ error: "proxy_failed" });
  });

  it("verifies the certificate of an https proxy against the proxy's name", async () => {
    const tls = { key: certificate("wrong-host-key.pem"), cert: certificate("wrong-host-cert.pem") };
    const proxy = own(await rudeServer({ tls }));
    const get = own(testGet({ ca: certificate("ca-cert.pem"), proxyFor: proxyRules(proxy.origin, {}) }));
    expect(await get.fetch(new URL("https://example.org/"))).toMatchObject({ error: "tls_certificate" });
  });
});
