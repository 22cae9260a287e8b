// What was sent and received for an answer: heads byte by byte, redirects, answers that are not stored; no secrets.

import { createSecureServer } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import { type Failure, isFailure } from "../../../src/core/failure.ts";
import type { Answer, RequestConditions } from "../../../src/core/ports.ts";
import type { FailedWire, Wire, WireResponse } from "../../../src/core/wire.ts";
import { proxyRules } from "../../../src/http/connect/proxy.ts";
import { cookies } from "../../../src/http/identity/cookies.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { listen } from "../../support/rude/listen.ts";
import { rudeProxy } from "../../support/rude-proxy.ts";
import { rawServer } from "../../support/servers/raw-server.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const bodyOf = ({ body }: WireResponse) => text(Buffer.concat(body));

async function got(url: string, options: Partial<GetOptions> = {}, ask?: RequestConditions): Promise<Answer | Failure> {
  const get = own(testGet({ wire: true, ...options }));
  const answer = await get.fetch(new URL(url), ask);
  await collect(answer);
  return answer;
}
async function wireOf(...args: Parameters<typeof got>): Promise<Wire> {
  const answer = await got(...args);
  if (isFailure(answer) || answer.wire === undefined)
    throw new Error(`no answer with its wire: ${JSON.stringify(answer)}`);
  return answer.wire;
}
async function failedWireOf(...args: Parameters<typeof got>): Promise<FailedWire> {
  const failure = await got(...args);
  if (!isFailure(failure) || failure.wire === undefined) throw new Error("no failure with its wire");
  return failure.wire;
}

it("request and head are kept as they were sent and received, without the body", async () => {
  const head = "HTTP/1.1 200 Very  OK\r\nx-ODD:  a \r\nX-Odd:b\r\nContent-Length: 3\r\nx: \xe9\r\n\r\n";
  const server = own(await rawServer(() => `${head}abc`));
  const beforeMs = Date.now();
  const wire = await wireOf(server.url("/a?b=c#d"));
  expect(wire.response).toBe(head);
  expect(wire.request).toBe(server.requests[0]?.text);
  expect(wire).toMatchObject({ url: server.url("/a?b=c"), protocol: "http/1.1", address: "127.0.0.1", hops: [] });
  expect(wire.sentMs).toBeGreaterThanOrEqual(beforeMs);
  expect(wire.sentMs).toBeLessThanOrEqual(Date.now());
});

it.each([
  ["with folded lines and bare line feeds", "HTTP/1.1 200 OK\nA: b\n c\nContent-Length: 3\n\n"],
  ["with lines that are skipped", "HTTP/1.1  200\r\nno header\r\nA : b\r\nContent-Length: 3\r\n\r\n"],
  ["of several reads", `HTTP/1.1 200 OK\r\nA: ${"x".repeat(200_000)}\r\nContent-Length: 3\r\n\r\n`],
])("a head %s is kept as it came", async (_, head) => {
  const server = own(await rawServer(() => `${head}abc`));
  expect((await wireOf(server.url("/"))).response).toBe(head);
});

it("the final head is kept, not an informational one", async () => {
  const head = "HTTP/1.0 200 OK\r\n\r\n";
  const server = own(await rawServer(() => `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head}abc`));
  const wire = await wireOf(server.url("/"));
  expect([wire.protocol, wire.response]).toEqual(["http/1.0", head]);
});

it("each redirect is kept with its request and body, without the transfer coding", async () => {
  const one = "HTTP/1.1 302 Found\r\nLocation: /two\r\nTransfer-Encoding: chunked\r\n\r\n";
  const two = "HTTP/1.1 301 Moved\r\nLocation: /three\r\nContent-Length: 4\r\n\r\n";
  const three = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  const answers: Record<string, string> = {
    "/one": `${one}3\r\nabc\r\n0\r\n\r\n`,
    "/two": `${two}defg`,
    "/three": `${three}x`,
  };
  const server = own(await rawServer((path) => answers[path], true));
  const { hops, ...last } = await wireOf(server.url("/one"));
  expect(hops.map((hop) => [hop.url, hop.response, bodyOf(hop), hop.isWhole])).toEqual([
    [server.url("/one"), one, "abc", true],
    [server.url("/two"), two, "defg", true],
  ]);
  expect([...hops, last].map(({ request }) => request)).toEqual(server.requests.map((sent) => sent.text));
  expect([last.url, last.response]).toEqual([server.url("/three"), three]);
});

it("a failure by its status has the response, with the first 16 KiB of its body", async () => {
  const server = own(
    await rawServer((path) => {
      const body = "x".repeat(path === "/long" ? 40_000 : 9);
      return `HTTP/1.1 404 Gone Fishing\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    }),
  );
  const short = await failedWireOf(server.url("/short"));
  expect([bodyOf(short), short.isWhole, short.response.slice(0, 25)]).toEqual([
    "x".repeat(9),
    true,
    "HTTP/1.1 404 Gone Fishing",
  ]);
  const long = await failedWireOf(server.url("/long"));
  expect([bodyOf(long), long.isWhole]).toEqual(["x".repeat(16_384), false]);
});

it("a failure by a redirect has that one as its response, and those before it", async () => {
  const answer = (path: string) => `HTTP/1.1 302 Found\r\nLocation: ${path}0\r\nContent-Length: 2\r\n\r\nhi`;
  const server = own(await rawServer(answer));
  const wire = await failedWireOf(server.url("/"), { maxRedirects: 2 });
  expect([...wire.hops, wire].map(({ url }) => url)).toEqual(["/", "/0", "/00"].map(server.url));
  expect([bodyOf(wire), wire.isWhole]).toEqual(["hi", true]);
});

it("a body that is cut short, and a redirect that never ends, are failures without a response", async () => {
  const server = own(
    await rawServer((path) => (path === "/cut" ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc" : "HTTP/1.1 404")),
  );
  for (const path of ["/cut", "/half"]) {
    const failure = await got(server.url(path));
    expect(failure).not.toHaveProperty("wire");
    expect(failure).toHaveProperty("error");
  }
});

it("redirects over 1 MiB in all are left out", async () => {
  const fill = `X: ${"x".repeat(250_000)}\r\n`;
  const server = own(
    await rawServer((path) =>
      path.length > 8
        ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        : `HTTP/1.1 302 Found\r\n${fill}Location: ${path}0\r\nContent-Length: 0\r\n\r\n`,
    ),
  );
  const { hops } = await wireOf(server.url("/"));
  expect(hops.map(({ url }) => url)).toEqual(["/", "/0", "/00", "/000"].map(server.url));
});

it("a request that is repeated on a new connection is kept once, with the answer to it", async () => {
  const head = (connection: number) => `HTTP/1.1 200 OK\r\nX: ${connection}\r\nContent-Length: 1\r\n\r\n`;
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    let requests = 0;
    socket
      .on("error", () => {})
      .on("data", () => {
        if (++requests === 2) socket.destroy();
        else socket.write(`${head(connection)}x`);
      });
  });
  const { port, close } = await listen(server);
  own({ close });
  const get = own(testGet({ wire: true }));
  for (const connection of [1, 2]) {
    const answer = await get.fetch(new URL(`http://127.0.0.1:${port}/`));
    await collect(answer);
    if (isFailure(answer) || answer.wire === undefined) throw new Error("no answer");
    expect(answer.wire.response).toBe(head(connection));
    expect(answer.wire.hops).toEqual([]);
  }
  expect(connections).toBe(2);
});

it("a 304, and a body that is still arriving, have theirs", async () => {
  const unchanged = 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n';
  const large = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n";
  const server = own(await rawServer((path) => (path === "/known" ? unchanged : large + "x".repeat(300_000))));
  const known = await wireOf(server.url("/known"), {}, { known: { etag: '"x"' } });
  expect(known.response).toBe(unchanged);
  expect(known.request).toContain('\r\nIf-None-Match: "x"\r\n');
  expect((await wireOf(server.url("/large"))).response).toBe(large);
});

it("secrets of the request are ***, wherever they come from, and what was sent has them", async () => {
  const server = own(await rawServer(() => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const { port } = new URL(server.url("/"));
  const headers = ["X-Key", "secret1", "Referer", "https://secret2.example", "Accept-Language", "de"];
  const wire = await wireOf(
    `http://me:secret3@127.0.0.1:${port}/to/https://you:secret4@there.example/`,
    { headers, cookies: cookies(["a=secret5"]) },
    { headers: ["X-Row", "secret6"] },
  );
  expect(server.requests[0]?.text.match(/secret\d/g)).toHaveLength(5);
  expect(server.requests[0]?.text).toContain("Authorization: Basic");
  expect(wire.request).toBe(
    [
      "GET /to/https://you:***@there.example/ HTTP/1.1",
      `Host: 127.0.0.1:${port}`,
      ...["User-Agent: bulkget-test", "Accept: */*", "Accept-Encoding: identity", "X-Key: ***", "Referer: ***"],
      ...["Accept-Language: de", "Authorization: ***", "Cookie: ***", "X-Row: ***", "", ""],
    ].join("\r\n"),
  );
  expect(wire.url).toBe(server.url("/to/https://you:***@there.example/"));
});

it("through a proxy there is no address, and its credentials are ***", async () => {
  const server = own(await rawServer(() => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const proxy = own(await rudeProxy("auth"));
  const proxyFor = proxyRules(`http://user:pass@127.0.0.1:${proxy.port}`, {});
  const wire = await wireOf(server.url("/a"), { proxyFor });
  expect(wire.address).toBeUndefined();
  expect(wire.request).toContain(`GET ${server.url("/a")} HTTP/1.1\r\n`);
  expect(wire.request).toContain("\r\nProxy-Authorization: ***\r\n");
});

it("an answer over HTTP/2 is kept as HTTP/1.1 text with an empty reason", async () => {
  const server = createSecureServer({ key: certificate("good-key.pem"), cert: certificate("good-cert.pem") });
  server.on("stream", (stream, { ":path": path }) => {
    if (path === "/gone") stream.respond({ ":status": 404 });
    else stream.respond({ ":status": 200, "x-a": "b", "set-cookie": ["c=d", "e=f"] }, { sendDate: false } as object);
    stream.end("abc");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  own({ close: () => void server.close() });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { http2: true, ca: certificate("ca-cert.pem") };
  const wire = await wireOf(`${url}/a`, options);
  expect(wire).toMatchObject({ protocol: "h2", address: "127.0.0.1" });
  expect(wire.request).toMatch(/^GET \/a HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n.*\r\n\r\n$/s);
  const [status, ...lines] = wire.response.split("\r\n");
  expect(status).toBe("HTTP/1.1 200 ");
  expect(lines).toEqual(expect.arrayContaining(["x-a: b", "set-cookie: c=d", "set-cookie: e=f"]));
  expect(lines.slice(-2)).toEqual(["", ""]);
  const failed = await failedWireOf(`${url}/gone`, options);
  expect([failed.protocol, bodyOf(failed), failed.isWhole]).toEqual(["h2", "abc", true]);
});

it("nothing is kept unless it is asked for", async () => {
  const server = own(await rawServer((path) => `HTTP/1.1 ${path.slice(1)} X\r\nContent-Length: 1\r\n\r\nx`));
  for (const status of ["200", "404"]) {
    expect(await got(server.url(`/${status}`), { wire: false })).not.toHaveProperty("wire");
  }
});
