// Stream limits, GOAWAY and HTTP_1_1_REQUIRED: requests wait or use other connections, and none is lost.

import { createSecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Get } from "../../../src/core/ports.ts";
import { FLAG, TYPE } from "../../../src/http/h2/frames.ts";
import { http2Session } from "../../../src/http/h2/session.ts";
import type { StreamListener } from "../../../src/http/h2/streams.ts";
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

describe("a server that allows few streams at a time", () => {
  it.each([1, 3, 10])("(%i) never has more of them on a connection after its SETTINGS", async (most) => {
    const open = new Map<Peer, number>();
    let largest = 0;
    const { fetch, many } = await start(
      (peer, stream) => {
        const count = (open.get(peer) ?? 0) + 1;
        open.set(peer, count);
        largest = Math.max(largest, count);
        setTimeout(() => {
          open.set(peer, (open.get(peer) ?? 0) - 1);
          peer.answer(stream, content);
        }, 5);
      },
      { onOpen: (peer) => peer.settings([SETTING.maxStreams, most]) },
    );
    expect(await fetch("/first")).toEqual(content);
    for (const got of await many(50)) expect(got).toEqual(content);
    expect(largest).toBeLessThanOrEqual(most);
  });

  it("refuses the others before its SETTINGS, and they are repeated on other connections", async () => {
    const { many, server: one } = await start(
      (peer, stream) => {
        if (stream > 9) peer.reset(stream, 7);
        else setTimeout(() => peer.answer(stream, content), 20);
      },
      { onOpen: (peer) => peer.settings([SETTING.maxStreams, 5]) },
    );
    for (const got of await many(40)) expect(got).toEqual(content);
    expect(one.peers.length).toBeLessThanOrEqual(40);
  });

  it("allows none for a moment and then some: the waiting requests are sent then", async () => {
    const { fetch, server: one } = await start((peer, stream, path) => {
      peer.answer(stream, content);
      if (path === "/first") peer.settings([SETTING.maxStreams, 0]);
    });
    expect(await fetch("/first")).toEqual(content);
    await expect
      .poll(() => one.peers[0]?.frames.filter(([type, flags]) => type === TYPE.settings && flags === FLAG.ack))
      .toHaveLength(2);
    const waiting = fetch("/waits");
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(one.requests).toBe(1);
    one.peers[0]?.settings([SETTING.maxStreams, 100]);
    expect(await waiting).toEqual(content);
    expect(one.peers).toHaveLength(1);
  });
});

it("after HTTP_1_1_REQUIRED all requests to a server use HTTP/1.1", async () => {
  const versions: string[] = [];
  const sockets = new Set<Socket>();
  const plain = createSecureServer({
    key: certificate("good-key.pem"),
    cert: certificate("good-cert.pem"),
    allowHTTP1: true,
  });
  plain.on("secureConnection", (socket) => sockets.add(socket));
  plain.on("stream", (stream) => {
    versions.push("2");
    stream.on("error", () => {});
    stream.close(13);
  });
  plain.on("request", ({ httpVersion }, response) => {
    if (httpVersion === "2.0") return;
    versions.push(httpVersion);
    response.end(content);
  });
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  get = testGet({ http2: true, ca: certificate("ca-cert.pem") });
  const { port } = plain.address() as AddressInfo;
  const fetch = async (i: number) => collect(await (get as Get).fetch(new URL(`https://127.0.0.1:${port}/${i}`)));
  const twelve = Array.from({ length: 12 }, (_, i) => i);
  for (const got of await Promise.all(twelve.map(fetch))) expect(got).toEqual(content);
  for (const got of await Promise.all(twelve.map(fetch))) expect(got).toEqual(content);
  expect(versions.filter((version) => version === "1.1")).toHaveLength(24);
  expect(versions.filter((version) => version === "2").length).toBeLessThanOrEqual(12);
  get.close();
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => plain.close(() => resolve()));
});

it("after a GOAWAY with HTTP_1_1_REQUIRED all requests to a server use HTTP/1.1", async () => {
  // This server has only HTTP/2: the test checks that HTTP/2 is not tried again.
  const { fetch, server: one } = await start((peer, stream) => {
    peer.goaway(0, 13);
    void stream;
  });
  expect(await fetch("/")).toMatchObject({ error: "tls_error" });
  expect(one.requests).toBe(1);
});

it("SETTINGS in one segment with the end of the TLS 1.2 handshake are read", async () => {
  const { many, server: one } = await start((peer, stream) => peer.answer(stream, content), {
    maxVersion: "TLSv1.2",
    onOpen: (peer) => peer.settings([SETTING.maxStreams, 2]),
  });
  for (const got of await many(10)) expect(got).toEqual(content);
  expect(one.requests).toBeGreaterThanOrEqual(10);
});

it("a reduced header table is confirmed once, in the next request (RFC 9113 section 4.3.1)", async () => {
  const { fetch, server: one } = await start((peer, stream, path) => {
    if (path === "/2") peer.settings([SETTING.headerTableSize, 0]);
    peer.answer(stream, content);
  });
  for (const path of ["/1", "/2", "/3", "/4"]) expect(await fetch(path)).toEqual(content);
  const blocks = one.peers[0]?.frames
    .filter(([type]) => type === TYPE.headers)
    .map(([, , , payload]) => payload[0] === 0x20);
  expect(blocks).toEqual([false, false, true, false]);
});

it("a dead server gets no more requests on that connection", async () => {
  const { fetch, server: one } = await start(
    (peer, stream) => {
      if (one.peers.length > 1) peer.answer(stream, content);
    },
    {},
    { timeoutMs: 300 },
  );
  const [dead] = [await fetch("/1"), one.peers[0]?.socket.pause()];
  expect(dead).toMatchObject({ error: "headers_timeout" });
  for (let i = 0; i < 5; i++) await fetch("/2");
  expect(await fetch("/3")).toEqual(content);
  expect(one.peers[0]?.frames.filter(([type]) => type === TYPE.headers).length).toBe(1);
});

describe("a body that waits for the disk", () => {
  it("does not stop the others of its connection, however many wait", async () => {
    const large = body(2_500_000, 3);
    const {
      get: made,
      fetch,
      server: one,
    } = await start((peer, stream, path) => {
      if (path === "/small") return peer.answer(stream, content);
      peer.headers(stream, [":status", "200"]);
      peer.data(stream, large.subarray(0, 1_000_000)); // less than a window
    });
    const held = await Promise.all(Array.from({ length: 15 }, (_, i) => made.fetch(new URL(`${one.origin}/${i}`))));
    await expect.poll(() => made.receivedBytes(), { timeout: 20_000 }).toBe(15_000_000);
    expect(await fetch("/small")).toEqual(content);
    for (const one of held) if (!isFailure(one) && "cancel" in one.body) one.body.cancel();
  });

  it("gets no window update until it is read, and then arrives completely", async () => {
    const large = body(3 * 1_048_576, 3);
    let stream = 0;
    let sent = 0;
    let credit = 1_048_576;
    const pump = (peer: Peer) => {
      for (; sent < large.length && credit > 0; ) {
        const piece = large.subarray(sent, sent + Math.min(credit, 16_384));
        sent += piece.length;
        credit -= piece.length;
        peer.data(stream, piece, sent === large.length);
      }
    };
    const { get: made, server: one } = await start((peer, id) => {
      stream = id;
      peer.headers(id, [":status", "200", "content-length", `${large.length}`]);
      pump(peer);
    });
    let seen = 0;
    const update = () => {
      const [peer] = one.peers;
      const frames = peer?.frames ?? [];
      for (; seen < frames.length; seen++) {
        const [type, , id, payload] = frames[seen] ?? [];
        if (type === TYPE.windowUpdate && id === stream && payload !== undefined) credit += payload.readUInt32BE(0);
      }
      if (peer !== undefined) pump(peer);
    };
    const polling = setInterval(update, 5);
    const answer = await made.fetch(new URL(one.origin));
    await expect.poll(() => made.receivedBytes(), { timeout: 20_000 }).toBeGreaterThan(1_048_575);
    // The acknowledgement of a PING shows that the client has handled all data before it.
    for (let before = -1; before < sent; ) {
      before = sent;
      const pongs = () => one.peers[0]?.frames.filter(([type, flags]) => type === TYPE.ping && flags === FLAG.ack);
      const known = pongs()?.length ?? 0;
      one.peers[0]?.send(TYPE.ping, 0, 0, Buffer.alloc(8));
      await expect.poll(pongs, { timeout: 20_000 }).toHaveLength(known + 1);
      update();
    }
    expect(made.receivedBytes()).toBeLessThanOrEqual(3 * 1_048_576 - 1);
    const whole = await collect(answer);
    clearInterval(polling);
    expect(Buffer.isBuffer(whole) && whole.equals(large)).toBe(true);
  });
});

it("a connection whose stream ids are exhausted accepts no more requests and completes the open ones (RFC 9113 section 5.1.1)", () => {
  const written: Buffer[] = [];
  const socket = {
    destroyed: false,
    writableLength: 0,
    write: (bytes: Buffer) => written.push(bytes),
    destroy() {
      this.destroyed = true;
    },
  };
  let overs = 0;
  const seen: string[] = [];
  const session = http2Session(socket as unknown as Socket, {
    onOver: () => overs++,
    onLimit() {},
    firstId: 0x7fff_fffb,
  });
  const listener = (name: string): StreamListener => ({
    onSent: () => void seen.push(`${name} sent`),
    onHeaders() {},
    onData: () => true,
    onEnd() {},
    onReset() {},
    onUnprocessed: () => void seen.push(`${name} unprocessed`),
    onLost() {},
  });
  for (const name of ["a", "b", "c", "d"]) session.request(block(":path", "/"), listener(name));
  expect(seen).toEqual(["a sent", "b sent", "c sent", "d unprocessed"]);
  expect([session.hasRoom, overs, socket.destroyed]).toEqual([false, 1, false]);
});
