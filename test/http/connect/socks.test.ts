// SOCKS 5: names resolved here or by the server, authentication, and refusals and invalid answers of a server.

import { createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { proxyRules } from "../../../src/http/connect/proxy.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { listen } from "../../support/rude/listen.ts";
import { body, rudeServer } from "../../support/rude.ts";
import { rudeSocks, type SocksMode } from "../../support/rude-socks.ts";

async function through(mode: SocksMode, scheme = "socks5h://", options: Partial<GetOptions> = {}) {
  const socks = own(await rudeSocks(mode));
  const proxyFor = proxyRules(`${scheme}${socks.authority}`, {});
  const get = own(testGet({ ca: certificate("ca-cert.pem"), proxyFor, ...options }));
  return { socks, fetch: async (url: string) => collect(await get.fetch(new URL(url))) };
}

async function served(secure = false) {
  const tls = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
  const server = own(await rudeServer(secure ? { tls } : {}));
  return server;
}

describe("a request through a SOCKS server", () => {
  it.each(["works", "drips", "long-bound"] as const)("receives files over reused connections (%s)", async (mode) => {
    const server = await served();
    const { socks, fetch } = await through(mode);
    for (let i = 0; i < 5; i++) expect(await fetch(server.url(`/ok?seed=${i}`))).toEqual(body(100, i));
    const large = await fetch(server.url("/big?mib=4"));
    expect(Buffer.isBuffer(large) && large.length).toBe(4 * 1_048_576);
    expect(socks.asked).toEqual([`address 127.0.0.1:${server.port}`]);
    expect(server.seen[0]?.headers).not.toHaveProperty("proxy-authorization");
    expect(server.seen[0]?.path).toBe("/ok?seed=0");
  });

  it("over https is TLS with the origin", async () => {
    const server = await served(true);
    const { socks, fetch } = await through("works");
    for (let i = 0; i < 3; i++) expect(await fetch(server.url(`/ok?seed=${i}`))).toEqual(body(100, i));
    expect(socks.asked).toEqual([`address 127.0.0.1:${server.port}`]);
  });

  it("sends the name with socks5h, and an address that was looked up here with socks5", async () => {
    const { port } = await served();
    const there = await through("works", "socks5h://");
    expect(await there.fetch(`http://a.test:${port}/ok`)).toEqual(body(100));
    expect(there.socks.asked).toEqual([`name a.test:${port}`]);
    const here = await through("works", "socks5://", {
      lookup: (_host, _how, done) => done(null, [{ address: "::1" }, { address: "127.0.0.1" }]),
    });
    expect(await here.fetch(`http://a.test:${port}/ok`)).toEqual(body(100));
    expect(here.socks.asked).toEqual([`address 127.0.0.1:${port}`]);
  });

  it("with socks5 tries all addresses of a name, each on its own connection, until one succeeds", async () => {
    const { port } = await served();
    const addresses = [...Array.from({ length: 19 }, (_, i) => `127.0.9.${i + 1}`), "127.0.0.1"];
    const { fetch, socks } = await through("works", "socks5://", {
      lookup: (_host, _queued, done) => done(null, [...addresses.map((address) => ({ address }))]),
    });
    expect(await fetch(`http://a.test:${port}/ok`)).toEqual(body(100));
    expect(socks.asked).toEqual(addresses.map((address) => `address ${address}:${port}`));
  });

  it("with socks5 to a name that does not exist is the URL's failure, not the server's", async () => {
    const missing = Object.assign(new Error("getaddrinfo ENOTFOUND a.test"), { code: "ENOTFOUND" });
    const { fetch, socks } = await through("works", "socks5://", { lookup: (_host, _how, done) => done(missing, []) });
    expect(await fetch("http://a.test/")).toMatchObject({ error: "dns_not_found" });
    expect(socks.asked).toEqual([]);
  });

  it("sends an IPv6 address as 16 bytes", async () => {
    const { fetch, socks } = await through("refused");
    expect(await fetch("http://[2001:db8::1]:81/")).toMatchObject({ error: "proxy_failed" });
    expect(socks.asked).toEqual(["address 2001:db8::1:81"]);
  });

  it("authenticates if the server requires it", async () => {
    const { port } = await served();
    const good = await through("login", "socks5h://user:pass@");
    expect(await good.fetch(`http://127.0.0.1:${port}/ok`)).toEqual(body(100));
    expect(good.socks.logins).toEqual(["user:pass"]);
    const bad = await through("login", "socks5h://user:p%40ss@");
    const failure = await bad.fetch(`http://127.0.0.1:${port}/ok`);
    expect(failure).toMatchObject({
      error: "proxy_failed",
      detail: expect.stringContaining("rejected the user name"),
    });
    expect(bad.socks.logins).toEqual(["user:p@ss"]);
    expect(JSON.stringify(failure)).not.toMatch(/p@ss|p%40ss|user:/);
    const none = await through("login");
    expect(await none.fetch(`http://127.0.0.1:${port}/ok`)).toMatchObject({
      error: "proxy_failed",
      detail: expect.stringContaining("requires a user name and a password"),
    });
  });

  it("sends no credentials to a server that requires none, even if it has some", async () => {
    const { port } = await served();
    const { fetch, socks } = await through("works", "socks5h://user:pass@");
    expect(await fetch(`http://127.0.0.1:${port}/ok`)).toEqual(body(100));
    expect(socks.logins).toEqual([]);
  });

  it.each<[SocksMode, RegExp]>([
    ["close-on-greeting", /closed the connection in the handshake/],
    ["reset-on-greeting", /cannot be reached: read ECONNRESET/],
    ["close-on-connect", /closed the connection in the handshake/],
    ["http", /does not speak SOCKS 5/],
    ["no-method", /requires a user name and a password/],
    ["not-allowed", /does not allow the connection/],
    ["network-unreachable", /cannot reach the network/],
    ["host-unreachable", /cannot reach the host/],
    ["refused", /was refused the connection/],
    ["short-refusal", /failed/],
    ["unknown-reply", /answered 200/],
    ["unknown-type", /does not speak SOCKS 5/],
    ["extra-bytes", /sent unexpected bytes/],
    ["version-4", /does not speak SOCKS 5/],
  ])('to a server in the mode "%s" is proxy_failed', async (mode, words) => {
    const { socks, fetch } = await through(mode);
    const failure = await fetch("http://a.test/");
    expect(failure).toMatchObject({ error: "proxy_failed" });
    expect(failure).toHaveProperty("detail", expect.stringMatching(words));
    expect(failure).toHaveProperty("detail", expect.stringContaining(`proxy socks5h://${socks.authority} `));
  });

  it("to an unreachable server is proxy_failed, and to one that stalls ends with the connect timeout", async () => {
    const dead = own(testGet({ proxyFor: proxyRules("socks5://127.0.0.2:9", {}) }));
    expect(await dead.fetch(new URL("http://a.test/"))).toMatchObject({
      error: "proxy_failed",
      detail: "proxy socks5://127.0.0.2:9 cannot be reached: connect ECONNREFUSED 127.0.0.2:9",
    });
    const { fetch } = await through("stall-on-greeting", "socks5h://", { connectTimeoutMs: 200 });
    expect(await fetch("http://a.test/")).toMatchObject({ error: "connect_timeout" });
  });

  it("for a name that is too long for SOCKS fails with that reason", async () => {
    const { fetch } = await through("works");
    const name = Array.from({ length: 5 }, () => "a".repeat(60)).join(".");
    expect(await fetch(`http://${name}/`)).toMatchObject({ error: "proxy_failed" });
  });
});

it("any answer of a SOCKS server, in any pieces, ends as proxy_failed and is not read further", async () => {
  let answers: Uint8Array[] = [];
  const server = createServer({ noDelay: true }, (client) => {
    client.on("error", () => {});
    client.once("data", () => {
      for (const answer of answers) client.write(answer);
      client.end();
    });
  });
  const { port, close } = await listen(server);
  onTestFinished(close);
  const get = own(testGet({ proxyFor: proxyRules(`socks5h://127.0.0.1:${port}`, {}) }));
  const piece = fc.oneof(
    fc.constantFrom([5, 0], [5, 0, 0, 1], [5, 0, 0, 3, 9]),
    fc.array(fc.nat({ max: 255 }), { maxLength: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), async (pieces) => {
      answers = pieces.map((bytes) => Uint8Array.from(bytes));
      const got = await get.fetch(new URL("http://a.test/"));
      // Ten bytes that happen to be valid open a connection, over which no answer comes.
      expect(got).toHaveProperty("error", expect.stringMatching(/^(proxy_failed|connection_lost|protocol_error)$/));
    }),
    { numRuns: 300 },
  );
});

describe("a SOCKS proxy's URL", () => {
  it.each([
    ["socks5://h", { host: "h", port: 1080, origin: "socks5://h:1080", socks: { resolves: false } }],
    ["SOCKS5H://h:9", { host: "h", port: 9, origin: "socks5h://h:9", socks: { resolves: true } }],
    [
      "socks5://u:p%3A@[::1]:9/",
      { host: "::1", port: 9, socks: { resolves: false, login: { user: "u", password: "p:" } } },
    ],
  ])("%s is parsed", (text, proxy) => {
    expect(proxyRules(text, {})(new URL("http://a/"))).toMatchObject(proxy);
    expect(proxyRules(undefined, { all_proxy: text })(new URL("https://a/"))).toMatchObject(proxy);
  });

  it.each([
    ["socks4://h", /not a proxy/],
    ["socks://h", /not a proxy/],
    ["socks5://", /not a proxy/],
    ["socks5://user@h", /1 to 255 bytes/],
    [`socks5://u:${"p".repeat(256)}@h`, /1 to 255 bytes/],
  ])("%s is refused with the reason", (text, message) => {
    expect(() => proxyRules(text, {})).toThrow(message);
  });
});
