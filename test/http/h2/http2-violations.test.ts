// Servers that violate HTTP/2, on purpose or not: violations are refused at once, and named.

import { afterEach, describe, expect, it } from "vitest";
import type { Get } from "../../../src/core/ports.ts";
import { FLAG, TYPE } from "../../../src/http/h2/frames.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { body } from "../../support/rude.ts";
import {
  block,
  type FrameServer,
  type FrameServerOptions,
  frameServer,
  type OnRequest,
  type Peer,
  SETTING,
  uint32,
} from "../../support/servers/frame-server.ts";

let server: FrameServer | undefined;
let get: Get | undefined;

async function start(onRequest: OnRequest, options: FrameServerOptions = {}, more: Partial<GetOptions> = {}) {
  const started = await frameServer(onRequest, options);
  const made = testGet({ http2: true, ca: certificate("ca-cert.pem"), ...more });
  server = started;
  get = made;
  const fetch = async (path: string) => collect(await made.fetch(new URL(started.origin + path)));
  const many = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => fetch(`/${i}`)));
  return { server: started, get: made, fetch, many };
}

afterEach(async () => {
  get?.close();
  await server?.close();
});

const content = body(1000);
const protocolError = { error: "protocol_error" };

/** The code of the last GOAWAY that the server received. */
function goawayOf(peer: Peer | undefined): number | undefined {
  return peer?.frames
    .filter(([type]) => type === TYPE.goaway)
    .at(-1)?.[3]
    .readUInt32BE(4);
}

describe("an answer is refused, and its connection stays open, with", () => {
  it.each<[string, (peer: Peer, stream: number) => void]>([
    ["a :status of 000", (peer, stream) => peer.headers(stream, [":status", "000"])],
    ["a :status of 099", (peer, stream) => peer.headers(stream, [":status", "099"])],
    ["a :status of 1000", (peer, stream) => peer.headers(stream, [":status", "1000"])],
    ["a non-numeric :status", (peer, stream) => peer.headers(stream, [":status", "abc"])],
    ["a :status of 101", (peer, stream) => peer.headers(stream, [":status", "101"])],
    ["no :status", (peer, stream) => peer.headers(stream, ["x", "1"])],
    ["no :status, with END_STREAM", (peer, stream) => peer.headers(stream, ["x", "1"], FLAG.endStream)],
    ["two :status", (peer, stream) => peer.headers(stream, [":status", "200", ":status", "200"])],
    [":status after another field", (peer, stream) => peer.headers(stream, ["x", "1", ":status", "200"])],
    ["another pseudo-header", (peer, stream) => peer.headers(stream, [":status", "200", ":path", "/"])],
    ["a name in upper case", (peer, stream) => peer.headers(stream, [":status", "200", "X-A", "1"])],
    ["a line break in a value", (peer, stream) => peer.headers(stream, [":status", "200", "x", "a\r\nset-cookie: b"])],
    ["NUL in a value", (peer, stream) => peer.headers(stream, [":status", "200", "x", "a\0"])],
    [
      "a header of one connection",
      (peer, stream) => peer.headers(stream, [":status", "200", "transfer-encoding", "chunked"]),
    ],
    [
      "two lengths",
      (peer, stream) => peer.headers(stream, [":status", "200", "content-length", "1", "content-length", "2"]),
    ],
    ["an end at a 1xx", (peer, stream) => peer.headers(stream, [":status", "103"], FLAG.endStream)],
    ["a body before its headers", (peer, stream) => peer.data(stream, "x")],
    [
      "a body beside a 204",
      (peer, stream) => {
        peer.headers(stream, [":status", "204"]);
        peer.data(stream, "x", true);
      },
    ],
    [
      "trailers that are no end",
      (peer, stream) => {
        peer.headers(stream, [":status", "200"]);
        peer.headers(stream, ["x", "1"]);
      },
    ],
    [
      "a second answer",
      (peer, stream) => {
        peer.headers(stream, [":status", "200"]);
        peer.headers(stream, [":status", "200"], FLAG.endStream);
      },
    ],
  ])("%s", async (_, answer) => {
    const { fetch, server: one } = await start((peer, stream, path) => {
      if (path === "/bad") answer(peer, stream);
      else peer.answer(stream, content);
    });
    expect(await fetch("/bad")).toMatchObject(protocolError);
    expect(await fetch("/good")).toEqual(content);
    expect(one.peers).toHaveLength(1);
  });

  it("a status above 599 is handled as over HTTP/1.1", async () => {
    const { fetch } = await start((peer, stream) => peer.headers(stream, [":status", "600"], FLAG.endStream));
    expect(await fetch("/")).toMatchObject({ error: "http_status", status: 600 });
  });

  it("headers with invalid names are skipped, as over HTTP/1.1", async () => {
    const { fetch } = await start((peer, stream) =>
      peer.answer(stream, content, "x frame options", "DENY", "", "v", "caf\u00e9", "1"),
    );
    expect(await fetch("/")).toEqual(content);
  });
});

describe("the connection ends with the right error code at", () => {
  const HEADERS = [":status", "200"];
  it.each<[string, number, (peer: Peer, stream: number) => void]>([
    ["a frame that is too long", 6, (peer) => peer.send(TYPE.data, 0, 1, Buffer.alloc(16_385))],
    ["a ping of seven bytes", 6, (peer) => peer.send(TYPE.ping, 0, 0, Buffer.alloc(7))],
    ["a ping of a stream", 1, (peer) => peer.send(TYPE.ping, 0, 1, Buffer.alloc(8))],
    ["settings of a stream", 1, (peer) => peer.send(TYPE.settings, 0, 1)],
    ["settings that are cut", 6, (peer) => peer.send(TYPE.settings, 0, 0, Buffer.alloc(5))],
    [
      "an acknowledgement of settings with a payload",
      6,
      (peer) => peer.send(TYPE.settings, FLAG.ack, 0, Buffer.alloc(6)),
    ],
    ["ENABLE_PUSH", 1, (peer) => peer.settings([SETTING.enablePush, 1])],
    ["a window too large", 3, (peer) => peer.settings([SETTING.initialWindow, 0x8000_0000])],
    ["a frame size too small", 1, (peer) => peer.settings([SETTING.maxFrame, 16_383])],
    ["a frame size too large", 1, (peer) => peer.settings([SETTING.maxFrame, 0x100_0000])],
    ["a reset that is cut", 6, (peer, stream) => peer.send(TYPE.rstStream, 0, stream, Buffer.alloc(3))],
    ["a reset of the connection", 1, (peer) => peer.reset(0, 0)],
    ["a reset of an idle stream", 1, (peer, stream) => peer.reset(stream + 100, 0)],
    ["a reset of a server's stream", 1, (peer) => peer.reset(2, 0)],
    ["headers of an idle stream", 1, (peer, stream) => peer.headers(stream + 100, HEADERS)],
    ["headers of the connection", 1, (peer) => peer.headers(0, HEADERS)],
    ["a body of an idle stream", 1, (peer, stream) => peer.data(stream + 100, "x")],
    ["a GOAWAY that is cut", 6, (peer) => peer.send(TYPE.goaway, 0, 0, Buffer.alloc(7))],
    ["a window update that is cut", 6, (peer) => peer.send(TYPE.windowUpdate, 0, 0, Buffer.alloc(3))],
    [
      "a push",
      1,
      (peer, stream) =>
        peer.send(TYPE.pushPromise, FLAG.endHeaders, stream, Buffer.concat([uint32(2), block(...HEADERS)])),
    ],
    [
      "more padding than payload",
      1,
      (peer, stream) => peer.send(TYPE.data, FLAG.padded, stream, Buffer.from([5, 1, 2])),
    ],
    ["padding that is not there", 6, (peer, stream) => peer.send(TYPE.data, FLAG.padded, stream)],
    [
      "headers that are shorter than their flags",
      1,
      (peer, stream) => peer.send(TYPE.headers, FLAG.endHeaders | FLAG.priority, stream, Buffer.alloc(4)),
    ],
    [
      "a header block that cannot be decoded",
      9,
      (peer, stream) => peer.send(TYPE.headers, FLAG.endHeaders, stream, Buffer.from([0x80])),
    ],
    ["a continuation of nothing", 1, (peer, stream) => peer.send(TYPE.continuation, FLAG.endHeaders, stream)],
    [
      "a header block that is interrupted",
      1,
      (peer, stream) => {
        peer.send(TYPE.headers, 0, stream, block(...HEADERS));
        peer.send(TYPE.ping, 0, 0, Buffer.alloc(8));
      },
    ],
    [
      "headers that never end, empty",
      11,
      (peer, stream) => {
        peer.send(TYPE.headers, 0, stream, block(...HEADERS));
        for (let i = 0; i < 2000; i++) peer.send(TYPE.continuation, 0, stream);
      },
    ],
    [
      "headers that never end, full",
      11,
      (peer, stream) => {
        peer.send(TYPE.headers, 0, stream, block(...HEADERS));
        for (let i = 0; i < 20; i++) peer.send(TYPE.continuation, 0, stream, Buffer.alloc(16_384));
      },
    ],
    [
      "more than the window",
      3,
      (peer, stream) => {
        peer.headers(stream, HEADERS);
        peer.data(stream, Buffer.alloc(1_048_577 + 16_384));
        peer.data(stream, Buffer.alloc(8_388_608));
      },
    ],
    [
      "a body after its end",
      5,
      (peer, stream) => {
        peer.headers(stream, HEADERS, FLAG.endStream);
        peer.data(stream, "x");
      },
    ],
  ])("%s", async (_, code, violate) => {
    const { get: made, server: one } = await start(
      (peer, stream) => violate(peer, stream),
      {},
      { timeoutMs: 60_000, connectTimeoutMs: 60_000 },
    );
    void made.fetch(new URL(one.origin));
    await expect.poll(() => goawayOf(one.peers[0]), { timeout: 20_000 }).toBe(code);
  });

  it.each<[string, (peer: Peer, stream: number) => void]>([
    ["pings", (peer) => peer.send(TYPE.ping, FLAG.ack, 0, Buffer.alloc(8))],
    ["settings", (peer) => peer.settings()],
    ["resets", (peer) => peer.reset(1, 0)],
    ["empty bodies", (peer, stream) => peer.data(stream, "")],
    ["priorities", (peer, stream) => peer.send(TYPE.priority, 0, stream, Buffer.alloc(5))],
    ["window updates", (peer) => peer.send(TYPE.windowUpdate, 0, 0, uint32(1))],
    ["frames of an unknown type", (peer) => peer.send(0xbb, 0xff, 77, Buffer.alloc(100))],
    ["1xx", (peer, stream) => peer.headers(stream, [":status", "103"])],
  ])("a flood of %s", async (name, send) => {
    const { fetch } = await start((peer, stream) => {
      if (stream === 1) return peer.answer(stream, content);
      if (name === "empty bodies") peer.headers(stream, [":status", "200"]);
      for (let i = 0; i < 10_050; i++) send(peer, stream);
    });
    expect(await fetch("/first")).toEqual(content);
    expect(await fetch("/")).toMatchObject({
      ...protocolError,
      detail: expect.stringContaining("10000 frames that bring nothing"),
    });
  });

  it.each([
    ["an answer of HTTP/1.1", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["garbage", Buffer.alloc(100, "x")],
    ["zeros", Buffer.alloc(9)],
    ["an incomplete frame other than SETTINGS", Buffer.from([0, 0, 100, 1, 4, 0, 0, 0, 1])],
  ])("%s instead of HTTP/2", async (_, bytes) => {
    const { many } = await start(() => {}, { onOpen: ({ socket }) => void socket.write(bytes) }, { timeoutMs: 60_000 });
    for (const got of await many(3)) expect(got).toMatchObject(protocolError);
  });
});

it("a header block in many frames, padded and with a priority, is parsed", async () => {
  const { fetch } = await start((peer, stream) => {
    const bytes = block(":status", "200", "content-length", "1000");
    peer.send(
      TYPE.headers,
      FLAG.padded | FLAG.priority,
      stream,
      Buffer.from([2, 0, 0, 0, 0, 9, ...bytes.subarray(0, 3), 0, 0]),
    );
    for (const byte of bytes.subarray(3)) peer.send(TYPE.continuation, 0, stream, Buffer.of(byte));
    peer.send(TYPE.continuation, FLAG.endHeaders, stream);
    peer.data(stream, content, true);
  });
  expect(await fetch("/")).toEqual(content);
});

it("a header block of 250 KiB is accepted, and one with fields of more than 256 KiB is headers_too_large", async () => {
  const { fetch } = await start((peer, stream, path) => {
    const bytes = block(":status", "200", "x", "y".repeat(path === "/long" ? 250_000 : 10), "z", "y".repeat(3000));
    // One byte each for a field of 3,000 bytes: a small block that decodes to a large one.
    const bomb =
      path === "/bomb"
        ? [Buffer.from([0x40, 1, 0x61, 0x7f, 0xe1, 0x16]), Buffer.alloc(3000, "b"), Buffer.alloc(10_000, 0xbe)]
        : [];
    const all = Buffer.concat([bytes, ...bomb]);
    peer.send(TYPE.headers, 0, stream, all.subarray(0, 16_000));
    for (let at = 16_000; at < all.length; at += 16_000)
      peer.send(TYPE.continuation, 0, stream, all.subarray(at, at + 16_000));
    peer.send(TYPE.continuation, FLAG.endHeaders, stream);
    peer.data(stream, content, true);
  });
  expect(await fetch("/long")).toEqual(content);
  expect(await fetch("/bomb")).toMatchObject({ error: "headers_too_large" });
  expect(await fetch("/short")).toEqual(content);
});
