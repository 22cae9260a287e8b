// Limits of one URL: every timeout and size limit has its own failure.

import { createServer, type Server } from "node:net";
import { describe, expect, it } from "vitest";
import { proxyRules } from "../../src/http/connect/proxy.ts";
import type { GetOptions } from "../../src/http/options.ts";
import { collect, testGet } from "../support/get.ts";
import { own, ownRudeServer } from "../support/own.ts";
import { rudeProxy } from "../support/rude-proxy.ts";
import { flood } from "../support/servers/flood.ts";

describe("the limits of one URL", () => {
  const server = ownRudeServer();
  const fetch = async (path: string, options: Partial<GetOptions>) => {
    const get = own(testGet(options));
    return collect(await get.fetch(new URL(path, server.origin)));
  };

  it.each([
    ["/stall-before", "headers_timeout"],
    ["/stall-in-headers", "headers_timeout"],
    ["/drip-headers?ms=10", "headers_timeout"],
    ["/endless-103?ms=10", "headers_timeout"],
    ["/stall-before-body", "body_timeout"],
    ["/stall-in-body", "body_timeout"],
    ["/stall-in-body?bytes=200000", "body_timeout"],
    ["/stall-in-chunked", "body_timeout"],
    ["/endless-chunk-extension", "protocol_error"],
  ])("%s ends as %s", async (path, error) => {
    expect(await fetch(path, { timeoutMs: 200 })).toMatchObject({ error });
  });

  it("a slow body ends as too_slow although it is never silent", async () => {
    const options = { timeoutMs: 60_000, minBytesPerSecond: 100, speedWindowMs: 300 };
    expect(await fetch("/drip-body?ms=50", options)).toMatchObject({ error: "too_slow" });
  });

  it("a body at the minimum speed is not a failure", async () => {
    const options = { minBytesPerSecond: 5, speedWindowMs: 100 };
    expect(await fetch("/drip-body?ms=10&bytes=40", options)).toHaveLength(40);
  });

  it.each(["/stall-before", "/drip-body?ms=10", "/drip-headers?ms=10", "/redirect-endless"])(
    "--max-time ends any slow answer: %s",
    async (path) => {
      const options = { maxTimeMs: 200, maxRedirects: 1_000_000 };
      expect(await fetch(path, options)).toMatchObject({ error: "deadline" });
    },
  );

  it("--max-time includes all redirects", async () => {
    const slow = encodeURIComponent("/ok?delay=150");
    const path = `/redirect/302?to=${encodeURIComponent(`/redirect/302?to=${slow}`)}`;
    expect(await fetch(path, { maxTimeMs: 100 })).toMatchObject({ error: "deadline" });
  });

  it("--max-time includes earlier attempts", async () => {
    const get = own(testGet({ maxTimeMs: 60_000 }));
    const ask = (path: string, spentMs: number) => get.fetch(new URL(path, server.origin), { spentMs });
    expect(await ask("/stall-before", 59_900)).toMatchObject({ error: "deadline" });
    const { requests } = server.stats;
    expect(await ask("/ok", 60_000)).toMatchObject({ error: "deadline" });
    expect(server.stats.requests).toBe(requests);
    expect(await collect(await ask("/ok", 10_000))).toHaveLength(100);
  });

  it("the connect timeout includes an unanswered TLS handshake", async () => {
    const silent: Server = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    expect(await fetch(`https://127.0.0.1:${port}/`, { connectTimeoutMs: 200 })).toMatchObject({
      error: "connect_timeout",
    });
    silent.close();
  });

  it.each(["stall-on-connect", "drip-on-connect"] as const)(
    "the connect timeout includes CONNECT: %s",
    async (mode) => {
      const proxy = await rudeProxy(mode);
      const options = { connectTimeoutMs: 200, proxyFor: proxyRules(proxy.origin, {}) };
      expect(await fetch("https://example.invalid/", options)).toMatchObject({ error: "connect_timeout" });
      await proxy.close();
    },
  );

  it("the endless body of an answer that is not stored is not read", async () => {
    expect(await fetch("/status-endless/404", {})).toMatchObject({ error: "http_status", status: 404 });
    expect(await fetch("/status-stall/500", {})).toMatchObject({ error: "http_status", status: 500 });
  });

  it("a body over --max-filesize ends at the limit, with or without a Content-Length", async () => {
    for (const path of ["/big?mib=8", "/big-chunked?mib=8", "/endless-body", "/ok?bytes=2000"]) {
      expect(await fetch(path, { maxFileBytes: 1000 })).toMatchObject({ error: "too_large" });
    }
    expect(await fetch("/ok?bytes=1000", { maxFileBytes: 1000 })).toHaveLength(1000);
  });

  it.each([
    ["informational answers", "HTTP/1.1 103 \r\n\r\n"],
    ["blank lines", "\r\n"],
  ])("endless %s are read only to a limit, and end as headers_timeout", async (_, piece) => {
    const some = Buffer.from(piece.repeat(4096));
    let takenBytes = 0;
    function* endless() {
      for (;;) {
        yield some;
        takenBytes += some.length;
      }
    }
    const endlessly = own(await flood(() => endless()));
    expect(await fetch(`${endlessly.origin}/`, { timeoutMs: 1000 })).toMatchObject({ error: "headers_timeout" });
    expect(takenBytes).toBeLessThan(33_554_432); // mostly the kernel's socket buffers
  });
});
