// Tests of the rude server, with raw sockets, so that no lenient client hides an error.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { own } from "./own.ts";
import { bodyOf, type Ending, exchange, get, last, once } from "./rude/raw-client.ts";
import { BEHAVIOURS, body, type RudeServer, rudeServer } from "./rude.ts";

async function started(tls?: { key: string; cert: string }): Promise<RudeServer> {
  return own(await rudeServer(tls === undefined ? {} : { tls }));
}

const hundred = body(100).toString("latin1");

describe("a rude server", () => {
  const full = /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n.{100}$/s;
  const rows: [path: string, ending: Ending, says: RegExp][] = [
    ["/ok", "fin", full],
    ["/ok?bytes=5&chunked&type=text/plain", "fin", /Content-Type: text\/plain\r\n.*\r\n\r\n5\r\n.{5}\r\n0\r\n\r\n$/s],
    ["/close", "fin", full],
    ["/nolength", "fin", /^(?!.*Content-Length).*Connection: close\r\n\r\n.{100}$/s],
    ["/http10", "fin", /^HTTP\/1\.0 200 OK\r\nContent-Type: .*\r\n\r\n.{100}$/s],
    ["/204", "fin", /^HTTP\/1\.1 204 No Content\r\nConnection: close\r\n\r\n$/],
    ["/304?header=ETag:%20%22x%22", "fin", /^HTTP\/1\.1 304 Not Modified\r\nETag: "x"\r\n/],
    ["/status/503?bytes=3", "fin", /^HTTP\/1\.1 503 Service Unavailable\r\n.*Content-Length: 3\r\n\r\n.{3}$/s],
    ["/reset-before", "reset", /^$/],
    ["/close-before", "fin", /^$/],
    ["/reset-in-headers", "reset", /^HTTP\/1\.1 200 OK\r\n.*X-Half: o$/s],
    ["/close-in-headers", "fin", /X-Half: o$/],
    ["/reset-in-body", "reset", /Content-Length: 201\r\n\r\n.{100}$/s],
    ["/close-in-body", "fin", /Content-Length: 201\r\n\r\n.{100}$/s],
    ["/reset-in-chunked", "reset", /3e8\r\n\0{495}$/],
    ["/close-before-last-chunk?bytes=50", "fin", /\r\n\r\n32\r\n.{50}\r\n$/s],
    ["/nolength-reset", "reset", /Connection: close\r\n\r\n.{100}$/s],
    ["/short-length", "fin", /Content-Length: 100\r\n\r\n.{100}!{10}$/s],
    ["/long-length", "fin", /Content-Length: 110\r\n\r\n.{100}$/s],
    ["/two-lengths", "fin", /Content-Length: 100\r\nContent-Length: 101\r\n\r\n/],
    ["/bad-length?value=abc", "fin", /Content-Length: abc\r\n\r\n/],
    ["/length-and-chunked", "fin", /Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n/],
    ["/bad-chunk-size", "fin", /\r\nzz\r\nabc\r\n/],
    ["/chunk-too-long", "fin", /\r\n5\r\n1234567890\r\n0\r\n\r\n$/],
    ["/ssh-banner", "enough", /^SSH-2\.0-/],
    ["/http09", "fin", /^<!doctype html>/],
    ["/bad-status-line", "fin", /^HTTP\/1\.1 99999 x\r\n/],
    ["/nul-header", "fin", /\r\nX-Nul: a\0b\r\n/],
    ["/redirect/308?to=/ok%3Fbytes=5", "fin", /^HTTP\/1\.1 308 .*\r\nLocation: \/ok\?bytes=5\r\n/s],
    ["/redirect-endless/7", "fin", /\r\nLocation: \/redirect-endless\/8\r\n/],
    ["/redirect-two", "fin", /\r\nLocation: .*\r\nLocation: .*\r\n/],
    ["/100-then-200", "fin", /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/],
    ["/endless-103?ms=1", "enough", /^(HTTP\/1\.1 103 Early Hints\r\nLink: .*\r\n\r\n){5}/],
    ["/second-response", "fin", /^HTTP\/1\.1 200 .*HTTP\/1\.1 200 .*nobody\n$/s],
    ["/control-reason/404", "fin", /^HTTP\/1\.1 404 \x1b\[31mred\x1b\]0;owned\x07 \x9b2J/],
    ["/drip-headers?ms=1", "enough", /X-Drip: x{5}/],
    ["/drip-body?ms=1", "enough", /Content-Length: 1000000000\r\n\r\n.{5}/s],
    ["/stall-in-body", "enough", /Content-Length: 201\r\n\r\n.{100}$/s],
    ["/turns?first=/status/503&then=/ok", "fin", /^HTTP\/1\.1 503 /],
    ["/constructor", "fin", /^HTTP\/1\.1 404 /],
  ];
  it.each(rows)("answers %s (%s)", async (path, ending, says) => {
    const { port } = await started();
    const received = await once(port, last(path), ending === "enough" ? (text) => says.test(text) : undefined);
    expect(received.text).toMatch(says);
    expect(received.ending).toBe(ending);
  });

  it("answers on every path of its table, and keeps serving after all of them", async () => {
    const server = await started();
    const names = Object.keys(BEHAVIOURS).filter((name) => name !== "stall-before");
    for (const name of names) await once(server.port, last(`/${name}`), () => true);
    expect(bodyOf((await once(server.port, last("/ok"))).text)).toBe(hundred);
    expect(server.stats.requests).toBe(names.length + 1);
    expect(server.stats.peakOpenRequests).toBeGreaterThan(0);
  });

  it("sends deterministic content in distinct blocks", async () => {
    const { port } = await started();
    const bytes = 200_001;
    const received = await once(port, last(`/big?mib=${bytes / 1_048_576}&seed=7`));
    expect(Buffer.from(bodyOf(received.text), "latin1").equals(body(bytes, 7))).toBe(true);
    expect(body(10, 7).equals(body(bytes, 7).subarray(0, 10))).toBe(true);
    expect(body(10, 8).equals(body(10, 7))).toBe(false);
    expect(body(65_536).equals(body(131_072).subarray(65_536))).toBe(false);
  });

  it("answers several requests on a connection, and records them", async () => {
    const server = await started();
    const { text } = await once(server.port, get("/ok?bytes=3", "X-A: 1", "x-a: 2") + last("/ok?bytes=4"));
    expect(text.match(/Content-Length: \d/g)).toEqual(["Content-Length: 3", "Content-Length: 4"]);
    expect(server.seen.map(({ path, connection }) => [path, connection])).toEqual([
      ["/ok?bytes=3", 1],
      ["/ok?bytes=4", 1],
    ]);
    expect(server.seen[0]?.headers).toEqual({ host: "x", "x-a": "1, 2" });
    expect(server.seen[0]?.raw).toBe(get("/ok?bytes=3", "X-A: 1", "x-a: 2"));
  });

  it.each([
    ["/rude-keepalive", "fin", ""],
    ["/rude-keepalive-reset", "reset", ""],
    ["/rude-keepalive-half", "fin", "HTTP/1.1 200 OK\r\nContent-Type: te"],
  ])("%s serves one request and fails the second", async (path, ending, says) => {
    const { port } = await started();
    const socket = connect({ host: "127.0.0.1", port });
    const first = await exchange(socket, get(path), (text) => text.endsWith(hundred));
    expect(first.ending).toBe("enough");
    expect(await exchange(socket, get("/ok"))).toEqual({ text: says, ending });
  });

  it("counts open requests and their peak", async () => {
    const server = await started();
    await Promise.all(Array.from({ length: 5 }, () => once(server.port, last("/ok?delay=50"))));
    expect(server.stats).toMatchObject({ requests: 5, peakOpenRequests: 5, openRequests: 0, peakConnections: 5 });
  });

  it("counts requests for /turns and /flaky", async () => {
    const { port } = await started();
    const statuses = async (path: string) => {
      const received: string[] = [];
      for (let i = 0; i < 4; i++) received.push((await once(port, last(path))).text.slice(9, 12));
      return received;
    };
    expect(await statuses("/turns?first=/status/500&times=2&then=/ok")).toEqual(["500", "500", "200", "200"]);
    expect(await statuses("/flaky?every=2")).toEqual(["200", "503", "200", "503"]);
  });

  it("sends a gzip bomb that is valid gzip", async () => {
    const { port } = await started();
    const { text } = await once(port, last("/gzip-bomb?mib=2"));
    const chunks = [...bodyOf(text).matchAll(/([0-9a-f]+)\r\n/g)];
    expect(chunks.at(-1)?.[1]).toBe("0");
    let rest = bodyOf(text);
    let whole = "";
    for (let size = Number.parseInt(rest, 16); size > 0; size = Number.parseInt(rest, 16)) {
      const from = rest.indexOf("\r\n") + 2;
      whole += rest.slice(from, from + size);
      rest = rest.slice(from + size + 2);
    }
    expect(gunzipSync(Buffer.from(whole, "latin1")).equals(Buffer.alloc(2_097_152))).toBe(true);
    expect(whole.length).toBeLessThan(10_000);
  });

  it.each([
    "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nno\r\n\r\n",
    "hello\r\n\r\n",
  ])("refuses the incorrect request %j", async (request) => {
    const { port } = await started();
    expect(await once(port, request)).toMatchObject({
      text: expect.stringMatching(/^HTTP\/1\.1 40[05] /),
      ending: "fin",
    });
  });

  it("ends all connections on close", async () => {
    const server = await started();
    const ends = ["/stall-before", "/endless-body", "/drip-body?ms=1"].map((path) => once(server.port, get(path)));
    while (server.stats.requests < 3) await once(server.port, last("/ok"), () => true);
    await server.close();
    await Promise.all(ends);
    expect(server.stats).toMatchObject({ openConnections: 0, openRequests: 0 });
  });
});

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), "utf8");
const tls = (name: string) => ({ key: pem(`${name}-key`), cert: pem(`${name}-cert`) });

describe("a rude server over TLS", () => {
  const handshake = (port: number, servername: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port, servername, ca: pem("ca-cert") });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on("secureConnect", () => {
        socket.destroy();
        resolve("secure");
      });
    });

  it.each([
    ["good", "localhost", "secure"],
    ["good", "a.localhost", "secure"],
    ["expired", "localhost", "CERT_HAS_EXPIRED"],
    ["wrong-host", "localhost", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["self-signed", "localhost", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ])("with the %s certificate and the server name %s results in %s", async (name, servername, result) => {
    expect(await handshake((await started(tls(name))).port, servername)).toBe(result);
  });

  it("answers and resets as without TLS", async () => {
    const { port } = await started(tls("good"));
    const secure = () => connectTls({ host: "127.0.0.1", port, servername: "localhost", ca: pem("ca-cert") });
    expect(bodyOf((await exchange(secure(), last("/ok"))).text)).toBe(hundred);
    expect((await exchange(secure(), last("/nolength-reset"))).ending).toBe("reset");
  });
});
