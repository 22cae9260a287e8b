// TLS session resumption and client certificates, which are presented only to the origins of the list.

import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import tls, { type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { resolveOverrides } from "../../../src/http/connect/dns/resolve-overrides.ts";
import { proxyRules } from "../../../src/http/connect/proxy.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { hostSignal } from "../../../src/policy/retry.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { rudeProxy } from "../../support/rude-proxy.ts";
import { rudeSocks } from "../../support/rude-socks.ts";
import { type Refusing, sessionlessRelay } from "../../support/servers/sessionless.ts";

const GOOD = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
const CLIENT = { key: certificate("client-key.pem"), cert: certificate("client-cert.pem") };
const ours = { ca: certificate("ca-cert.pem") };

interface Seen {
  readonly path: string;
  readonly reused: boolean;
  readonly protocol: string | null;
  /** The common name of the client certificate. */
  readonly client: string | undefined;
}

/** An https server that requests a certificate, accepts any, and closes every connection after its answer. */
async function serving(options: TlsOptions = {}) {
  const seen: Seen[] = [];
  const server: Server = createServer(
    { ...GOOD, ca: ours.ca, requestCert: true, rejectUnauthorized: false, ...options },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const { subject } = socket.getPeerCertificate();
      const path = request.url ?? "";
      seen.push({
        path,
        reused: socket.isSessionReused(),
        protocol: socket.getProtocol(),
        client: subject?.CN?.toString(),
      });
      const to = new URL(path, "https://localhost").searchParams.get("to");
      const location = to === null ? {} : { location: to };
      response.writeHead(to === null ? 200 : 302, { connection: "close", ...location }).end("body");
    },
  );
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, server, port, url: (path: string, host = "127.0.0.1") => `https://${host}:${port}${path}` };
}

function fetcher(options: Partial<GetOptions> = {}) {
  const get = own(testGet({ ...ours, ...options }));
  return async (url: string) => collect(await get.fetch(new URL(url)));
}

describe("a TLS session", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)("of %s is resumed by the next connection", async (version) => {
    const { seen, url } = await serving({ minVersion: version, maxVersion: version });
    const fetch = fetcher();
    for (let i = 0; i < 4; i++) expect(await fetch(url(`/${i}`))).toEqual(Buffer.from("body"));
    expect(seen.map(({ reused }) => reused)).toEqual([false, true, true, true]);
    expect(new Set(seen.map(({ protocol }) => protocol))).toEqual(new Set([version]));
  });

  it("is kept per name and port", async () => {
    const { seen, url } = await serving();
    const fetch = fetcher();
    for (const host of ["127.0.0.1", "localhost", "a.localhost", "localhost"]) await fetch(url("/", host));
    expect(seen.map(({ reused }) => reused)).toEqual([false, false, false, true]);
  });

  it("that the server no longer has leads to a full handshake", async () => {
    const { seen, server, url } = await serving();
    const fetch = fetcher();
    await fetch(url("/0"));
    server.setTicketKeys(Buffer.alloc(48, 7));
    for (const path of ["/1", "/2"]) expect(await fetch(url(path))).toEqual(Buffer.from("body"));
    expect(seen.map(({ reused }) => reused)).toEqual([false, false, true]);
  });

  it.each(["wrong-host", "expired", "self-signed"])("does not bypass an untrusted certificate: %s", async (name) => {
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const { seen, url } = await serving({
        key: certificate(`${name}-key.pem`),
        cert: certificate(`${name}-cert.pem`),
        maxVersion,
      });
      const fetch = fetcher();
      for (let i = 0; i < 3; i++) expect(await fetch(url("/"))).toMatchObject({ error: "tls_certificate" });
      expect(seen).toEqual([]);
    }
  });

  it("does not bypass the check of the name if --resolve sends two names to one server", async () => {
    const server = await serving();
    const overrides = resolveOverrides([`localhost:${server.port}:127.0.0.1`, `other.test:${server.port}:127.0.0.1`]);
    if (overrides === undefined) expect.unreachable();
    const fetch = fetcher({ overrides });
    for (let i = 0; i < 2; i++) {
      expect(await fetch(server.url("/", "localhost"))).toEqual(Buffer.from("body"));
      expect(await fetch(server.url("/", "other.test"))).toMatchObject({ error: "tls_certificate" });
    }
  });
});

describe("a TLS session that the server refuses", () => {
  const REFUSING: readonly Refusing[] = [40, 47, 51, 80, 115, "close", "reset"];
  const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
  const ways = VERSIONS.flatMap((version) => REFUSING.map((refusing) => [version, refusing] as const));

  it.each(ways)("fails no URL, and no session is offered again (%s, %s)", async (version, refusing) => {
    const server = await serving({ minVersion: version, maxVersion: version });
    const relay = own(await sessionlessRelay(server.port, refusing));
    const fetch = fetcher();
    const url = (i: number) => `https://127.0.0.1:${relay.port}/${i}`;
    for (let i = 0; i < 3; i++) expect(await fetch(url(i))).toEqual(Buffer.from("body"));
    expect(relay.offered).toEqual([false, true, false, false]);
    // All of them may offer the same session before the first refusal.
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => fetch(url(i))));
    expect(all).toEqual(all.map(() => Buffer.from("body")));
    expect(server.seen).toHaveLength(23);
  });

  it.each(["http", "socks5", "socks5h"])("fails no URL through a proxy either (%s)", async (scheme) => {
    const server = await serving();
    const relay = own(await sessionlessRelay(server.port, 40));
    const proxy = scheme === "http" ? own(await rudeProxy()).origin : own(await rudeSocks()).authority;
    const fetch = fetcher({ proxyFor: proxyRules(scheme === "http" ? proxy : `${scheme}://${proxy}`, {}) });
    for (let i = 0; i < 3; i++)
      expect(await fetch(`https://127.0.0.1:${relay.port}/${i}`)).toEqual(Buffer.from("body"));
    expect(relay.offered).toEqual([false, true, false, false]);
  });

  it("leads to one more handshake: if that fails as well, it is tls_error", async () => {
    const server = await serving();
    const relay = own(await sessionlessRelay(server.port, 40));
    const fetch = fetcher();
    const url = `https://127.0.0.1:${relay.port}/`;
    await fetch(url);
    server.server.setSecureContext({ ...GOOD, minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: "PSK" });
    expect(await fetch(url)).toMatchObject({ error: "tls_error" });
    expect(relay.offered).toEqual([false, true, false]);
  });

  it("does not cause an untrusted certificate to be accepted or requested twice", async () => {
    const server = await serving();
    const fetch = fetcher();
    await fetch(server.url("/"));
    const expired = { key: certificate("expired-key.pem"), cert: certificate("expired-cert.pem") };
    server.server.setSecureContext(expired);
    server.server.setTicketKeys(Buffer.alloc(48, 7));
    let connections = 0;
    server.server.on("connection", () => connections++);
    expect(await fetch(server.url("/"))).toMatchObject({ error: "tls_certificate" });
    expect(connections).toBe(1);
  });
});

describe("the version of TLS", () => {
  it("is at least 1.2, even if Node is configured to accept less", async () => {
    const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls;
    onTestFinished(() => void Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS }));
    Object.assign(tls, { DEFAULT_MIN_VERSION: "TLSv1", DEFAULT_CIPHERS: "DEFAULT@SECLEVEL=0" });
    const { url } = await serving({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    expect(await fetcher()(url("/"))).toMatchObject({ error: "tls_error" });
    expect(await fetcher({ insecure: true })(url("/"))).toMatchObject({ error: "tls_error" });
  });
});

describe("a client certificate", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)("is presented to a server that requests one (%s)", async (version) => {
    const { seen, url } = await serving({ rejectUnauthorized: true, minVersion: version, maxVersion: version });
    expect(await fetcher(CLIENT)(url("/with"))).toEqual(Buffer.from("body"));
    expect(seen).toMatchObject([{ path: "/with", client: "bulkget test client" }]);
    const refused = await fetcher()(url("/without"));
    expect(refused).toMatchObject({ error: "tls_error" });
    // TLS 1.3 reports this after the handshake, which is not a sign of an overloaded host.
    expect("error" in refused && hostSignal(refused)).toBe("ok");
    expect(seen).toHaveLength(1);
  });

  it("may be in one file with its key", async () => {
    const { seen, url } = await serving();
    await fetcher({ cert: `${CLIENT.cert}${CLIENT.key}` })(url("/"));
    expect(seen).toMatchObject([{ client: "bulkget test client" }]);
  });

  it("is not presented to the target of a redirect, not even over a connection or session of the list's URLs", async () => {
    const [first, second] = [await serving(), await serving()];
    const fetch = fetcher(CLIENT);
    const to = encodeURIComponent(second.url("/landed"));
    expect(await fetch(second.url("/named"))).toEqual(Buffer.from("body"));
    for (let i = 0; i < 2; i++) expect(await fetch(first.url(`/away?to=${to}`))).toEqual(Buffer.from("body"));
    expect(await fetch(second.url("/named"))).toEqual(Buffer.from("body"));
    const own = "bulkget test client";
    expect(first.seen.map(({ client }) => client)).toEqual([own, own]);
    expect(second.seen.map(({ path, client }) => [path, client])).toEqual([
      ["/named", own],
      ["/landed", undefined],
      ["/landed", undefined],
      ["/named", own],
    ]);
  });

  it.each<[why: string, cert: string, key: string | undefined, message: RegExp]>([
    ["another's key", CLIENT.cert, GOOD.key, /^cert: does not match `key`: /],
    ["no key", CLIENT.cert, undefined, /^key: no private key in PEM form/],
    ["no certificate", CLIENT.key, CLIENT.key, /^cert: does not match `key`: /],
    [
      "a broken certificate",
      CLIENT.cert.replace(/\n[A-Za-z0-9+/]{10}/, "\n"),
      CLIENT.key,
      /^cert: does not match `key`: /,
    ],
    ["an encrypted key", CLIENT.cert, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n", /the key is encrypted/],
    [
      "an encrypted key in the traditional format",
      CLIENT.cert,
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nAA==\n",
      /the key is encrypted/,
    ],
  ])("is refused before anything is fetched with %s", (_, cert, key, message) => {
    expect(() => testGet({ cert, ...(key === undefined ? {} : { key }) })).toThrow(message);
  });
});
