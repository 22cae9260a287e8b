// --public-only connects only to public addresses, however an address is written or reached.

import { describe, expect, it } from "vitest";
import type { Lookup } from "../../../src/http/connect/dns/getaddrinfo.ts";
import { ownAddresses } from "../../../src/http/connect/dns/own-addresses.ts";
import { resolveOverrides } from "../../../src/http/connect/dns/resolve-overrides.ts";
import { proxyRules } from "../../../src/http/connect/proxy.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { collect, testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";
import { body } from "../../support/rude.ts";
import { rudeProxy } from "../../support/rude-proxy.ts";
import { rudeSocks } from "../../support/rude-socks.ts";

const server = ownRudeServer();

function fetcher(options: Partial<GetOptions> = {}) {
  const get = own(testGet({ publicOnly: true, ...options }));
  return async (url: string) => collect(await get.fetch(new URL(url)));
}

/** A look-up that returns these addresses for every name. */
const all =
  (...addresses: string[]): Lookup =>
  (_host, _how, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

/** Spellings of loopback in a URL; without --public-only each of them reaches the server. */
const LOOPBACK = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "127.0.0.1.",
  "2130706433",
  "017700000001",
  "0177.0.0.1",
  "0x7f000001",
  "0x7f.0.0.1",
  "0x7F.1",
  "%31%32%37.0.0.1",
  "１２７.0.0.1",
  "127。0。0。1",
  "localhost",
  "localhost.",
  "LOCALHOST",
  "a.b.localhost",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:127.0.0.1]",
];

/** Spellings of loopback that need a network's support, or at which the tests' server does not listen. */
const EMBEDDED = [
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::127.0.0.1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b:1::127.0.0.1]",
  "[2002:7f00:1::]",
  "[2001:0:7f00:1::]",
];

/** Other addresses that are internal or lead nowhere. */
const OTHERS = [
  "0.0.0.0",
  "0",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "169.254.169.254",
  "0xa9fea9fe",
  "[::ffff:a9fe:a9fe]",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "[::]",
  "[ff02::1]",
  "224.0.0.1",
  "255.255.255.255",
  "192.0.2.1",
  "198.18.0.1",
  "240.0.0.1",
  "168.63.129.16",
];

describe("a non-public address", () => {
  it.each(LOOPBACK)("written as %s is refused with --public-only and fetched without", async (host) => {
    const url = `http://${host}:${server.port}/ok`;
    expect(await fetcher()(url)).toMatchObject({ error: "blocked_address" });
    expect(server.stats.connections).toBe(0);
    expect(await fetcher({ publicOnly: false })(url)).toEqual(body(100));
  });

  it.each([...EMBEDDED, ...OTHERS])("%s is refused, for http and https, without a connection", async (host) => {
    const fetch = fetcher({ lookup: () => expect.unreachable("an address needs no look-up") });
    for (const scheme of ["http", "https"]) {
      expect(await fetch(`${scheme}://${host}/`)).toEqual({
        error: "blocked_address",
        detail: expect.stringMatching(/^[\w.:]+ not a public address$/),
      });
    }
  });

  it("is refused as the answer of a look-up, also among public ones, and no connection is opened", async () => {
    const fetch = fetcher({ lookup: all("127.0.0.1", "::1", "::ffff:7f00:1") });
    expect(await fetch(`http://inside.test:${server.port}/ok`)).toEqual({
      error: "blocked_address",
      detail: "inside.test is 127.0.0.1, ::1, ::ffff:7f00:1: not a public address",
      opened: { dnsMs: expect.any(Number) },
    });
    expect(server.stats.connections).toBe(0);
  });

  it("is refused if --resolve maps a name to it", async () => {
    const overrides = resolveOverrides([`a.test:${server.port}:127.0.0.1`]);
    if (overrides === undefined) expect.unreachable();
    const url = `http://a.test:${server.port}/ok`;
    expect(await fetcher({ overrides })(url)).toMatchObject({ error: "blocked_address" });
    expect(await fetcher({ overrides, publicOnly: false })(url)).toEqual(body(100));
  });

  it("is refused for HTTP/2, for all waiting requests", async () => {
    const fetch = fetcher({ http2: true, lookup: all("127.0.0.1") });
    const got = await Promise.all([1, 2, 3].map((i) => fetch(`https://a.test:${server.port}/${i}`)));
    expect(got).toMatchObject([1, 2, 3].map(() => ({ error: "blocked_address" })));
  });
});

describe("an address of this machine's own interfaces", () => {
  it("is refused even if it is public, also embedded in IPv6", async () => {
    const isOwn = ownAddresses(() => ["93.184.216.34", "2606:2800:21f:cb07::1"]);
    const fetch = fetcher({ isOwn, lookup: all("93.184.216.34", "2606:2800:21f:cb07::1") });
    const hosts = ["93.184.216.34", "[::ffff:93.184.216.34]", "[64:ff9b::93.184.216.34]", "[2606:2800:21f:cb07:0::1]"];
    for (const host of [...hosts, "a.test"]) {
      expect(await fetch(`http://${host}/`)).toMatchObject({
        error: "blocked_address",
        detail: expect.stringContaining("an address of this machine"),
      });
    }
  });

  it("is recognised a few seconds after the interface gets it, and until it loses it", () => {
    const own: string[] = [];
    let nowMs = 0;
    let lists = 0;
    const isOwn = ownAddresses(
      () => {
        lists++;
        return own;
      },
      () => nowMs,
    );
    expect(isOwn("93.184.216.34")).toBe(false);
    own.push("93.184.216.34");
    for (nowMs = 0; nowMs < 4999; nowMs += 100) expect(isOwn("93.184.216.34")).toBe(false);
    expect(lists).toBe(1);
    nowMs = 5000;
    expect([isOwn("93.184.216.34"), isOwn("93.184.216.35"), isOwn("::ffff:5db8:d822")]).toEqual([true, false, true]);
    own.pop();
    nowMs = 10_000;
    expect(isOwn("93.184.216.34")).toBe(false);
    expect(lists).toBe(3);
  });

  it("is not recognised if the interfaces cannot be listed", () => {
    expect(ownAddresses(() => undefined)("93.184.216.34")).toBe(false);
  });
});

describe("--public-only through a proxy, which may be internal itself,", () => {
  it.each([...LOOPBACK, ...EMBEDDED, ...OTHERS])("does not request %s, by http or by tunnel", async (host) => {
    const proxy = own(await rudeProxy());
    const socks = own(await rudeSocks("refused"));
    for (const by of [proxy.origin, `socks5h://${socks.authority}`, `socks5://${socks.authority}`]) {
      const fetch = fetcher({ proxyFor: proxyRules(by, {}) });
      for (const scheme of ["http", "https"]) {
        expect(await fetch(`${scheme}://${host}:${server.port}/`)).toMatchObject({ error: "blocked_address" });
      }
    }
    expect([proxy.connects, proxy.requests, socks.asked]).toEqual([[], [], []]);
  });

  it("leaves names to the proxy, except those that socks5 has us look up", async () => {
    const socks = own(await rudeSocks());
    const url = `http://a.test:${server.port}/ok`;
    const there = fetcher({ proxyFor: proxyRules(`socks5h://${socks.authority}`, {}) });
    expect(await there(url)).toEqual(body(100));
    const here = { proxyFor: proxyRules(`socks5://${socks.authority}`, {}), lookup: all("127.0.0.1") };
    expect(await fetcher(here)(url)).toMatchObject({ error: "blocked_address" });
    expect(socks.asked).toEqual([`name a.test:${server.port}`]);
    const refusing = own(await rudeSocks("refused")); // it records requests and opens no connection
    const both = {
      proxyFor: proxyRules(`socks5://${refusing.authority}`, {}),
      lookup: all("10.0.0.1", "127.0.0.1", "2001:4860:4860::8888"),
    };
    await fetcher(both)("http://b.test/ok");
    expect(refusing.asked).toEqual(["address 2001:4860:4860::8888:80"]);
  });

  it("does not follow a redirect to a non-public address", async () => {
    const socks = own(await rudeSocks());
    const fetch = fetcher({ proxyFor: proxyRules(`socks5h://${socks.authority}`, {}) });
    for (const host of ["127.0.0.1", "0x7f.1", "localhost.", "[::ffff:127.0.0.1]", "169.254.169.254"]) {
      const to = encodeURIComponent(`http://${host}:${server.port}/ok`);
      for (const status of [301, 302, 303, 307, 308]) {
        expect(await fetch(`http://a.test:${server.port}/redirect/${status}?to=${to}`)).toMatchObject({
          error: "blocked_address",
        });
      }
    }
    expect(server.seen.every(({ path }) => path.startsWith("/redirect/"))).toBe(true);
    expect(socks.asked).toEqual([`name a.test:${server.port}`]);
  });
});
