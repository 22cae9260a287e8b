// Connection reuse: which connections are reused, and that a closed one costs no attempt.

import { beforeEach, describe, expect, it } from "vitest";
import type { Get } from "../../src/core/ports.ts";
import { collect, testGet } from "../support/get.ts";
import { own, ownRudeServer } from "../support/own.ts";
import { body, rudeServer } from "../support/rude.ts";
import { rawServer } from "../support/servers/raw-server.ts";

describe("reused connections", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet({ maxConnections: 4 }));
  });
  const fetch = async (path: string) => collect(await get.fetch(new URL(path, server.origin)));
  const content = body(100);

  it("one connection carries sequential requests", async () => {
    for (let i = 0; i < 50; i++) expect(await fetch(`/ok?i=${i}`)).toEqual(content);
    expect(server.stats.connections).toBe(1);
  });

  it("the connection of a short answer that is not stored is reused", async () => {
    for (const path of ["/status/404", "/redirect/302?to=/ok", "/status/204", "/ok"]) await fetch(path);
    expect(server.stats.connections).toBe(1);
  });

  it.each(["/rude-keepalive", "/rude-keepalive-reset"])(
    "a request on a closed connection is repeated at once: %s",
    async (path) => {
      for (let i = 0; i < 10; i++) expect(await fetch(`${path}?i=${i}`)).toEqual(content);
    },
  );

  it("concurrent requests to a server that closes every reused connection all succeed", async () => {
    const next = { i: 0 };
    const worker = async () => {
      while (next.i < 150) expect(await fetch(`/rude-keepalive?i=${next.i++}`)).toEqual(content);
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
  });

  it.each([
    ["a word", "junk"],
    ["blank lines and a page", "\r\n\r\n<p>junk</p>"],
    ["a NUL", "\0"],
    ["nearly a version", "HTTQ"],
    ["300 kB", "x".repeat(300_000)],
    ["the end of chunks, with an answer behind it", "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"],
  ])("a request on a connection with leftover bytes is repeated at once: %s", async (_, garbage) => {
    const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
    let last = 0;
    const odd = own(
      await rawServer((_path, number) => {
        if (number === last) return garbage;
        last = number;
        return ok;
      }, true),
    );
    for (let i = 0; i < 10; i++) expect(String(await collect(await get.fetch(new URL(odd.url("/")))))).toBe("fine");
    expect(odd.requests).toHaveLength(19);
  });

  it("bytes that are not an answer are a failure on a new connection, and after an informational answer", async () => {
    const early = "HTTP/1.1 103 Early Hints\r\n\r\n";
    const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
    for (const answers of [["junk"], [ok, `${early}junk`]]) {
      let asked = 0;
      const odd = own(await rawServer(() => answers[asked++] ?? ok, true));
      const told = [];
      for (const _ of answers) told.push(await collect(await get.fetch(new URL(odd.url("/")))));
      expect(told.at(-1)).toMatchObject({ error: "protocol_error" });
      expect(odd.requests).toHaveLength(answers.length);
    }
  });

  it("a reused connection that ends within the headers is a failure, since the server has received the request", async () => {
    expect(await fetch("/rude-keepalive-half")).toEqual(content);
    expect(await fetch("/ok")).toMatchObject({ error: "connection_lost" });
  });

  it("a connection that is closed without Connection: close is not reused", async () => {
    for (let i = 0; i < 20; i++) expect(await fetch(`/close-unsaid?i=${i}`)).toEqual(content);
  });

  it("an unrequested second answer reaches no other request", async () => {
    for (let i = 1; i <= 20; i++) expect(await fetch(`/second-response?seed=${i}`)).toEqual(body(100, i));
    expect(await fetch("/ok?seed=99")).toEqual(body(100, 99));
  });

  it("an unrequested answer on an idle connection closes it", async () => {
    for (let i = 1; i <= 5; i++) {
      expect(await fetch(`/second-response?seed=${i}&late=1`)).toEqual(body(100, i));
      await expect.poll(() => server.stats.openConnections).toBe(0);
    }
  });

  it("bytes after the end of a body reach no other request", async () => {
    for (let i = 1; i <= 20; i++) expect(await fetch(`/short-length?seed=${i}`)).toEqual(body(100, i));
  });

  it("idle connections are closed for those to another origin", async () => {
    const others = await Promise.all([
      rudeServer(),
      rudeServer(),
      rudeServer(),
      rudeServer(),
      rudeServer(),
      rudeServer(),
    ]);
    for (const other of others) await get.fetch(new URL(other.url("/ok")));
    const openNow = () => others.reduce((sum, { stats }) => sum + stats.openConnections, 0);
    await expect.poll(openNow).toBe(4);
    get.close();
    await expect.poll(openNow).toBe(0);
    await Promise.all(others.map((other) => other.close()));
  });

  describe("when the maximum number of connections is reduced", () => {
    const many = (path: string) =>
      Promise.all([1, 2, 3, 4].map((i) => fetch(`${path}${path.includes("?") ? "&" : "?"}i=${i}`)));
    const four = async () => {
      const all = many("/ok?delay=100");
      await expect.poll(() => server.stats.peakOpenRequests).toBe(4);
      expect(await all).toEqual([content, content, content, content]);
      expect(server.stats.openConnections).toBe(4);
    };

    it("surplus idle connections are closed at once", async () => {
      await four();
      get.resize(1);
      await expect.poll(() => server.stats.openConnections).toBe(1);
      const { connections } = server.stats;
      expect(await fetch("/ok")).toEqual(content);
      expect(server.stats.connections).toBe(connections);
    });

    it("busy connections finish first, and are then closed", async () => {
      const all = many("/ok?delay=200");
      await expect.poll(() => server.stats.peakOpenRequests).toBe(4);
      get.resize(2);
      expect(await all).toEqual([content, content, content, content]);
      await expect.poll(() => server.stats.openConnections).toBe(2);
      for (let i = 0; i < 5; i++) expect(await fetch(`/ok?i=${i}`)).toEqual(content);
      expect(server.stats.connections).toBe(4);
    });

    it("it can be increased again", async () => {
      await four();
      get.resize(1);
      await expect.poll(() => server.stats.openConnections).toBe(1);
      get.resize(4);
      await four();
    });
  });

  it("an idle connection is closed after a few seconds, whatever Keep-Alive says", async () => {
    await fetch("/keepalive-600");
    expect(server.stats.openConnections).toBe(1);
    await expect.poll(() => server.stats.openConnections, { timeout: 20_000, interval: 250 }).toBe(0);
  });

  it("abort ends requests in every state, and releases their connections", async () => {
    const paths = ["/stall-before", "/stall-in-headers", "/stall-in-body", "/status-stall/404"];
    const all = paths.map(fetch);
    await expect.poll(() => server.stats.peakOpenRequests).toBe(4);
    get.abort();
    for (const one of await Promise.all(all)) expect(one).toMatchObject({ error: "interrupted" });
  });
});
