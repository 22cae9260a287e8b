// Proxies: which one a URL goes through, the absolute form, CONNECT, and every way in which CONNECT goes wrong.

import { afterEach, describe, expect, it } from "vitest";
import type { Get } from "../../src/core/ports.ts";
import { proxyRules } from "../../src/http/proxy.ts";
import { certificate, collect, testGet } from "../support/get.ts";
import { body, rudeServer } from "../support/rude.ts";
import { type ProxyMode, rudeProxy } from "../support/rude-proxy.ts";

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function proxied(mode: ProxyMode, credentials = "") {
  const proxy = await rudeProxy(mode);
  const get: Get = testGet({
    ca: certificate("ca-cert.pem"),
    proxyFor: proxyRules(proxy.origin.replace("//", `//${credentials}`), {}),
  });
  closers.push(() => proxy.close());
  closers.push(() => get.close());
  return { proxy, fetch: async (url: string) => collect(await get.fetch(new URL(url))) };
}

async function served(secure: boolean) {
  const tls = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
  const server = await rudeServer(secure ? { tls } : {});
  closers.push(() => server.close());
  return server;
}

describe("through a proxy", () => {
  it("http goes in absolute form, over one connection for all origins, with the origin's Host", async () => {
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

  it("https goes through CONNECT, and only the origin sees the request", async () => {
    const { proxy, fetch } = await proxied("works");
    const server = await served(true);
    for (let i = 0; i < 5; i++) expect(await fetch(server.url(`/ok?seed=${i}`))).toEqual(body(100, i));
    expect(proxy.connects).toEqual([`127.0.0.1:${server.port}`]);
    expect(proxy.requests).toEqual([]);
  });

  it.each([false, true])(
    "credentials in the proxy's URL go to the proxy and no further (https: %s)",
    async (secure) => {
      const { fetch } = await proxied("auth", "user:pass@");
      const server = await served(secure);
      expect(await fetch(server.url("/ok"))).toEqual(body(100));
      if (secure) expect(server.seen[0]?.headers["proxy-authorization"]).toBeUndefined();
    },
  );

  it("without the credentials it wants: 407, and trying again will not help", async () => {
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
  ] as const)("%s is proxy_failed, at once and without a loop", async (mode) => {
    const { proxy, fetch } = await proxied(mode);
    const before = process.cpuUsage();
    expect(await fetch("https://example.invalid/")).toMatchObject({ error: "proxy_failed" });
    expect(proxy.connects).toEqual(["example.invalid:443"]);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  it("a reset on CONNECT is connect_failed", async () => {
    const { fetch } = await proxied("reset-on-connect");
    expect(await fetch("https://example.invalid/")).toMatchObject({ error: "connect_failed" });
  });
});

describe("which proxy", () => {
  const originFor = (url: string, option: string | undefined, env: Record<string, string>) =>
    proxyRules(option, env)(new URL(url))?.origin;

  it.each([
    ["http://a/", undefined, { http_proxy: "http://p:1" }, "http://p:1"],
    ["http://a/", undefined, { HTTP_PROXY: "http://p:1" }, undefined],
    ["https://a/", undefined, { http_proxy: "http://p:1" }, undefined],
    ["https://a/", undefined, { HTTPS_PROXY: "p:2" }, "http://p:2"],
    ["https://a/", undefined, { all_proxy: "p" }, "http://p:1080"],
    ["http://a/", undefined, { ALL_PROXY: "https://p" }, "https://p:443"],
    ["http://a/", undefined, { http_proxy: "http://p:80" }, "http://p:80"],
    ["http://a/", "", { http_proxy: "http://p:1" }, undefined],
    ["http://a/", "q:3", { http_proxy: "http://p:1" }, "http://q:3"],
    ["http://a/", "http://u:s@q:3/", {}, "http://q:3"],
    ["http://a/", "q:3", { no_proxy: "a" }, undefined],
    ["http://sub.a.org/", "q:3", { no_proxy: "a.org" }, undefined],
    ["http://sub.a.org/", "q:3", { NO_PROXY: "b.org, .a.org" }, undefined],
    ["http://xa.org/", "q:3", { no_proxy: "a.org" }, "http://q:3"],
    ["http://10.1.2.3/", "q:3", { no_proxy: "10.0.0.0/8" }, undefined],
    ["http://11.1.2.3/", "q:3", { no_proxy: "10.0.0.0/8" }, "http://q:3"],
    ["http://[::1]/", "q:3", { no_proxy: "::1" }, undefined],
    ["http://a/", "q:3", { no_proxy: "*" }, undefined],
  ])("%s with -x %s and %j goes through %s", (url, option, env, expected) => {
    expect(originFor(url, option, env as unknown as Record<string, string>)).toBe(expected);
  });

  it("one that cannot be used is refused, without its credentials in the message", () => {
    expect(() => proxyRules("socks5://user:secret@p:1", {})).toThrow(/^not a proxy that can be used: "socks5:\/\/p:1"/);
    expect(() => proxyRules("http://", {})).toThrow(/not a proxy/);
  });
});
