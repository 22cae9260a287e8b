// The end of HTTP/2 answers: only END_STREAM completes them, and requests that were not processed are repeated at once.

import { afterEach, describe, expect, it } from "vitest";
import type { Get } from "../../../src/core/ports.ts";
import { FLAG, TYPE } from "../../../src/http/h2/frames.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { body } from "../../support/rude.ts";
import {
  type FrameServer,
  type FrameServerOptions,
  frameServer,
  type OnRequest,
} from "../../support/servers/frame-server.ts";

let server: FrameServer | undefined;
let get: Get | undefined;

async function start(onRequest: OnRequest, options: FrameServerOptions = {}, more: Partial<GetOptions> = {}) {
  const started = await frameServer(onRequest, options);
  const made = testGet({ http2: true, ca: certificate("ca-cert.pem"), ...more });
  server = started;
  get = made;
  const fetch = async (path: string) => collect(await made.fetch(new URL(started.origin + path)));
  return {
    server: started,
    get: made,
    fetch,
    many: (count: number) => Promise.all(Array.from({ length: count }, (_, i) => fetch(`/${i}`))),
  };
}

afterEach(async () => {
  get?.close();
  await server?.close();
});

const content = body(1000);
const large = body(300_000, 3);
const REFUSED_STREAM = 7;
const HTTP_1_1_REQUIRED = 13;
const CODES = [...Array.from({ length: 14 }, (_, i) => i), 14, 0xffff_ffff];

describe.each(CODES)("a reset by code %i", (code) => {
  describe.each([
    ["a small body", content],
    ["a large body", large],
  ])("after %s", (_, bytes) => {
    it.each([
      ["with a Content-Length", true],
      ["without a Content-Length", false],
    ])("%s truncates the answer", async (__, hasLength) => {
      const { fetch } = await start((peer, stream) => {
        peer.headers(stream, [":status", "200", ...(hasLength ? ["content-length", `${bytes.length}`] : [])]);
        peer.data(stream, bytes);
        peer.reset(stream, code);
      });
      expect(await fetch("/")).toMatchObject({ error: "truncated", status: 200 });
    });
  });

  it("under backpressure truncates the body, and the received bytes are delivered", async () => {
    const { get: made, server: one } = await start((peer, stream) => {
      peer.headers(stream, [":status", "200"]);
      peer.data(stream, large);
      setImmediate(() => peer.reset(stream, code));
    });
    const answer = await made.fetch(new URL(one.origin));
    if (!("body" in answer)) throw new Error("no answer");
    await expect.poll(() => made.receivedBytes()).toBe(large.length);
    expect(await collect(answer)).toMatchObject({ error: "truncated" });
  });

  it("after END_STREAM does not affect the body", async () => {
    const { fetch } = await start((peer, stream) => {
      peer.answer(stream, content);
      peer.reset(stream, code);
    });
    expect(await fetch("/")).toEqual(content);
    expect(await fetch("/again")).toEqual(content);
  });

  it.skipIf(code === REFUSED_STREAM || code === HTTP_1_1_REQUIRED)(
    "before an answer is connection_lost, and the request is not repeated at once",
    async () => {
      const { fetch, server: one } = await start((peer, stream) => peer.reset(stream, code));
      expect(await fetch("/")).toMatchObject({ error: "connection_lost" });
      expect(one.requests).toBe(1);
    },
  );
});

describe("a request that was refused", () => {
  it("is repeated at once if the server did not process it", async () => {
    const seen = new Set<string>();
    const { many, server: one } = await start((peer, stream, path) => {
      if (seen.has(path)) return peer.answer(stream, content);
      seen.add(path);
      peer.reset(stream, REFUSED_STREAM);
    });
    for (const got of await many(50)) expect(got).toEqual(content);
    expect([one.requests, one.peers.length]).toEqual([100, 1]);
  });

  it("fails when it is refused every time", async () => {
    const { fetch, server: one } = await start((peer, stream) => peer.reset(stream, REFUSED_STREAM));
    expect(await fetch("/")).toMatchObject({ error: "connection_lost" });
    expect(one.requests).toBe(6);
  });
});

describe("a server that sends GOAWAY", () => {
  it("completes the streams that it accepted, and the next connection carries the others", async () => {
    const held: (() => void)[] = [];
    const { many, server: one } = await start((peer, stream) => {
      if (one.peers.length > 1) return peer.answer(stream, content);
      held.push(() => peer.answer(stream, content));
      if (held.length < 20) return;
      peer.goaway(19); // the first ten
      for (const answer of held.slice(0, 10)) answer();
    });
    for (const got of await many(20)) expect(got).toEqual(content);
    expect([one.requests, one.peers.length]).toEqual([30, 2]);
  });

  it("in two steps truncates no open stream (RFC 9113 section 6.8)", async () => {
    const held: (() => void)[] = [];
    const { many, server: one } = await start((peer, stream) => {
      if (one.peers.length > 1) return peer.answer(stream, content);
      held.push(() => peer.answer(stream, content));
      if (held.length < 20) return;
      peer.goaway(0x7fff_ffff);
      for (const answer of held.slice(0, 5)) answer();
      setImmediate(() => {
        peer.goaway(39);
        for (const answer of held.slice(5)) answer();
        peer.socket.end();
      });
    });
    for (const got of await many(20)) expect(got).toEqual(content);
    expect(one.requests).toBe(20);
  });

  it.each([0, 1, 2, 11, 14])("with code %i before its first answer costs one repeat", async (code) => {
    const { many, server: one } = await start((peer, stream) => {
      if (one.peers.length > 1) return peer.answer(stream, content);
      if (stream !== 1) return;
      peer.goaway(0, code);
      peer.socket.end();
    });
    for (const got of await many(20)) expect(got).toEqual(content);
  });

  it("within a body truncates that body and no other", async () => {
    const { many } = await start((peer, stream) => {
      if (stream !== 1) return peer.answer(stream, content);
      peer.headers(stream, [":status", "200"]);
      peer.data(stream, content);
      setTimeout(() => {
        peer.goaway(0x7fff_ffff);
        peer.socket.end();
      }, 50);
    });
    const [first, ...others] = await many(10);
    expect(first).toMatchObject({ error: "truncated" });
    for (const got of others) expect(got).toEqual(content);
  });
});

it("a body longer or shorter than its Content-Length is refused", async () => {
  const { fetch } = await start((peer, stream, path) => {
    peer.headers(stream, [":status", "200", "content-length", path === "/more" ? "999" : "1001"]);
    peer.data(stream, content, true);
  });
  expect(await fetch("/more")).toMatchObject({ error: "protocol_error" });
  expect(await fetch("/less")).toMatchObject({ error: "truncated" });
});

it("answers without a body, after 1xx, or with trailers are complete", async () => {
  const { fetch } = await start((peer, stream, path) => {
    if (path === "/empty") return peer.headers(stream, [":status", "200"], FLAG.endStream);
    for (let i = 0; i < 20; i++) peer.headers(stream, [":status", "103", "link", "</x>"]);
    peer.headers(stream, [":status", "200"]);
    peer.data(stream, content);
    peer.send(TYPE.data, FLAG.padded, stream, Buffer.from([3, 0, 0, 0]));
    peer.headers(stream, ["x-sum", "1"], FLAG.endStream);
  });
  expect(await fetch("/empty")).toEqual(Buffer.alloc(0));
  expect(await fetch("/full")).toEqual(content);
});

it("the length of an answer without Content-Length is verified: small, large, empty and with trailers", async () => {
  const { server: one, get: made } = await start((peer, stream, path) => {
    peer.headers(stream, [":status", "200"], path === "/empty" ? FLAG.endStream : 0);
    if (path === "/empty") return;
    peer.data(stream, path === "/large" ? large : content, path !== "/trailers");
    if (path === "/trailers") peer.headers(stream, ["x-sum", "1"], FLAG.endStream);
  });
  for (const path of ["/empty", "/small", "/large", "/trailers"]) {
    const answer = await made.fetch(new URL(one.origin + path));
    expect(answer).toMatchObject({ status: 200, lengthVerified: true });
    expect(await collect(answer)).toBeInstanceOf(Buffer);
  }
});
