// Memory for brotli windows: sized by the first byte, shared by all bodies, with a bounded wait.

import { brotliCompressSync, constants } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import { decodeBody } from "../../../src/http/semantics/content-decoding.ts";
import { decoderMemory, type Release, windowBytes } from "../../../src/http/semantics/decoder-memory.ts";
import { collect } from "../../support/get.ts";
import { body } from "../../support/rude.ts";

const NEVER = Number.POSITIVE_INFINITY;
const brotli = (content: Buffer, bits: number) =>
  brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_LGWIN]: bits, [constants.BROTLI_PARAM_QUALITY]: 1 },
  });
const released = (result: Release | object) => (typeof result === "function" ? result : expect.unreachable());

it.each(Array.from({ length: 15 }, (_, i) => i + 10))(
  "a brotli window of %i bits is read from the first byte",
  (bits) => {
    // Node's encoder has no windows below 18 bits at quality 1: the first byte is made here (RFC 7932 section 9.1).
    const first = bits === 16 ? 0 : bits > 17 ? ((bits - 17) << 1) | 1 : bits === 17 ? 1 : ((bits - 8) << 4) | 1;
    expect(windowBytes(first)).toBe(2 ** bits);
    if (bits >= 18) expect(windowBytes(brotli(body(3_000_000), bits)[0] ?? 0)).toBe(2 ** bits);
  },
);

it("decoder memory is granted in order of request, and never exceeds its limit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 30 }), async (sizes) => {
      const room = decoderMemory(100);
      const order: number[] = [];
      let taken = 0;
      await Promise.all(
        sizes.map(async (bytes, i) => {
          const release = released(await room.acquire(bytes, NEVER));
          order.push(i);
          taken += bytes;
          expect(taken).toBeLessThanOrEqual(100);
          await new Promise((resolve) => setImmediate(resolve));
          taken -= bytes;
          release();
        }),
      );
      expect(order).toEqual(sizes.map((_, i) => i));
    }),
  );
});

it("a request for decoder memory fails at its deadline, and on abort", async () => {
  const room = decoderMemory(100);
  const release = released(await room.acquire(60, NEVER));
  expect(await room.acquire(60, performance.now() + 10)).toMatchObject({ error: "deadline" });
  const waiting = room.acquire(60, NEVER);
  room.abort();
  expect(await waiting).toMatchObject({ error: "interrupted" });
  expect(await room.acquire(60, NEVER)).toMatchObject({ error: "interrupted" });
  release();
  released(await room.acquire(60, NEVER));
});

it("a brotli body holds memory for its window until it ends, complete or not; a small window needs none", async () => {
  const whole = body(2_000_000);
  const sent = brotli(whole, 22);
  let open = 0;
  const asked: number[] = [];
  const room = async (bytes: number) => {
    asked.push(bytes);
    open++;
    return () => void open--;
  };
  const read = async (bytes: Buffer, most = NEVER) => {
    const stream = decodeBody([bytes], "br", most, room);
    if (isFailure(stream)) return expect.unreachable();
    return collect({ status: 200, ttfbMs: 0, lengthVerified: true, body: stream });
  };
  const got = await read(sent);
  expect(Buffer.isBuffer(got) && got.equals(whole)).toBe(true);
  expect(await read(sent.subarray(0, sent.length - 10))).toMatchObject({ error: "bad_encoding" });
  expect(await read(sent, 1_000_000)).toMatchObject({ error: "too_large" });
  expect([asked, open]).toEqual([[2 ** 22, 2 ** 22, 2 ** 22], 0]);
  await read(brotli(body(100_000), 18));
  expect(asked).toHaveLength(3);
});

it("brotli within brotli is refused, since two such bodies could deadlock", () => {
  expect(decodeBody([], "br, gzip, br", NEVER)).toMatchObject({ error: "bad_encoding" });
  expect(decodeBody([], "gzip, br", NEVER)).not.toHaveProperty("error");
});
