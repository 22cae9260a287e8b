// Tests of the tests' own proxies: the rude one misbehaves by its mode, the slow one delays every chunk.
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { own } from "./own.ts";
import { bodyOf, type Ending, exchange, last, once } from "./rude/raw-client.ts";
import { body, rudeServer } from "./rude.ts";
import { type ProxyMode, rudeProxy } from "./rude-proxy.ts";
import { delayProxy } from "./servers/slow-tcp.ts";

const hundred = body(100).toString("latin1");

describe("a rude proxy", () => {
  it("forwards absolute-form requests and opens tunnels", async () => {
    const [server, works] = [own(await rudeServer()), own(await rudeProxy("works"))];
    expect(bodyOf((await once(works.port, last(server.url("/ok")))).text)).toBe(hundred);
    const target = `127.0.0.1:${server.port}`;
    const tunnel = connect({ host: "127.0.0.1", port: works.port });
    const opening = `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`;
    expect((await exchange(tunnel, opening, (text) => text.endsWith("\r\n\r\n"))).text).toMatch(/^HTTP\/1\.1 200 /);
    expect(bodyOf((await exchange(tunnel, last("/ok"))).text)).toBe(hundred);
    expect(works.connects).toEqual([target]);
    expect(works.requests.map(({ line }) => line)).toEqual([`GET ${server.url("/ok")} HTTP/1.1`]);
    expect(server.seen.map(({ path }) => path)).toEqual(["/ok", "/ok"]);
  });

  const modes: [mode: ProxyMode, ending: Ending, says: RegExp][] = [
    ["auth", "enough", /^HTTP\/1\.1 407 .*Proxy-Authenticate: Basic .*\r\n\r\n$/s],
    ["close-on-connect", "fin", /^$/],
    ["reset-on-connect", "reset", /^$/],
    ["garbage-on-connect", "enough", /^(?!HTTP).{500}$/s],
    ["refuse-on-connect", "enough", /^HTTP\/1\.1 403 .*not you\n$/s],
    ["drip-on-connect", "enough", /X-Drip: xx/],
    ["huge-on-connect", "enough", /^(?!.*\r\n\r\n).{100000}/s],
    ["extra-on-connect", "enough", /^HTTP\/1\.1 200 [^\r]*\r\n\r\nthese bytes are not TLS/],
  ];
  it.each(modes)("answers CONNECT according to its mode %s", async (mode, ending, says) => {
    const { port } = own(await rudeProxy(mode));
    const request = "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n";
    const received = await once(port, request, ending === "enough" ? (text) => says.test(text) : undefined);
    expect(received).toEqual({ text: expect.stringMatching(says), ending });
  });
});

it("a slow proxy relays every byte in order, and not before its delay", async () => {
  const server = own(await rudeServer());
  const slow = own(await delayProxy(server.port, 25));
  const from = performance.now();
  const received = await once(slow.port, last("/big?mib=1"));
  // Node's timers may fire up to a millisecond early.
  expect(performance.now() - from).toBeGreaterThan(48);
  expect(Buffer.from(bodyOf(received.text), "latin1").equals(body(1_048_576))).toBe(true);
  expect((await once(slow.port, last("/reset-in-body"))).ending).toBe("reset");
});
