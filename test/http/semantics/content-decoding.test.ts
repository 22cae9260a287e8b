// --compressed: bodies are decoded while they arrive, completely or not at all, with bounded memory and size.

import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { type Failure, isFailure } from "../../../src/core/failure.ts";
import type { BodyStream, Get } from "../../../src/core/ports.ts";
import { decodeBody } from "../../../src/http/semantics/content-decoding.ts";
import { collect, testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";
import { body } from "../../support/rude.ts";

describe("--compressed", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet({ compressed: true }));
  });
  const fetch = async (path: string) => collect(await get.fetch(new URL(server.url(path))));

  it.each(["/gzip", "/br", "/deflate", "/deflate?raw=1"])("decodes %s, small and large", async (path) => {
    const query = path.includes("?") ? "&" : "?";
    expect(await fetch(path)).toEqual(body(100));
    const large = await fetch(`${path}${query}bytes=3000000`);
    // Not toEqual, which takes seconds for this many bytes.
    expect(Buffer.isBuffer(large) && large.equals(body(3_000_000))).toBe(true);
    expect(server.seen[0]?.headers["accept-encoding"]).toBe("gzip, br");
  });

  it("does not change a body without an encoding", async () => {
    expect(await fetch("/ok?bytes=200000")).toEqual(body(200_000));
    expect(await fetch("/empty")).toEqual(Buffer.alloc(0));
  });

  it.each(["none", "identity", "", " ", "None, Identity", ",none,"])(
    "treats a Content-Encoding of %j as none, with and without --compressed",
    async (value) => {
      const path = `/ok?bytes=200000&header=${encodeURIComponent(`Content-Encoding: ${value}`)}`;
      const plain = own(testGet());
      for (const one of [get, plain]) {
        const answer = await one.fetch(new URL(server.url(path)));
        expect(answer).toMatchObject({ wholeBytes: 200_000 });
        expect(answer).not.toHaveProperty("encoding");
        expect(await collect(answer)).toEqual(body(200_000));
      }
    },
  );

  it("decodes a gzip body with an additional Content-Encoding: identity", async () => {
    expect(await fetch(`/gzip?header=${encodeURIComponent("Content-Encoding: identity")}`)).toEqual(body(100));
  });

  it.each(["/gzip-truncated", "/gzip-corrupt", "/gzip-garbage", "/unknown-encoding"])(
    "%s is bad_encoding",
    async (path) => {
      expect(await fetch(path)).toMatchObject({ error: "bad_encoding" });
      expect(await fetch(`${path}?bytes=500000`)).toMatchObject({ error: "bad_encoding" });
    },
  );

  it("a decompression bomb is stopped by its ratio, long before its end", async () => {
    const before = process.memoryUsage().rss;
    expect(await fetch("/gzip-bomb?mib=10000")).toMatchObject({ error: "too_large" });
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  it("--max-filesize limits the decoded size", async () => {
    const small = testGet({ compressed: true, maxFileBytes: 50_000 });
    const answer = await small.fetch(new URL(server.url("/gzip-bomb?mib=1")));
    expect(await collect(answer)).toMatchObject({ error: "too_large" });
    small.close();
  });

  it("a reset within an encoded body is truncated", async () => {
    const path = "/reset-in-body?header=Content-Encoding:%20gzip&bytes=300000";
    expect(await fetch(path)).toMatchObject({ error: expect.stringMatching(/truncated|bad_encoding/) });
  });
});

describe("decodeBody", () => {
  it("undoes several encodings in reverse order of the header", async () => {
    const twice = decodeBody([gzipSync(gzipSync("text"))], "gzip, x-gzip", 1000);
    if ("error" in twice) throw new Error(twice.detail);
    expect(String(await collect({ status: 200, body: twice, ttfbMs: 0, lengthVerified: true }))).toBe("text");
  });

  it.each([
    ["of an empty body", [gzipSync("")], ""],
    ["whose header arrives alone", [gzipSync("text").subarray(0, 10), gzipSync("text").subarray(10)], "text"],
    ["whose trailer arrives alone", [gzipSync("text").subarray(0, -8), gzipSync("text").subarray(-8)], "text"],
    ["that arrives byte by byte", [...gzipSync("text")].map((byte) => Uint8Array.of(byte)), "text"],
  ])("finishes a body %s", async (_, pieces, text) => {
    const left = [...pieces];
    const stream = {
      next: async () => {
        const piece = left.shift();
        return piece === undefined ? undefined : [piece];
      },
      cancel() {},
    };
    const body = decodeBody(stream, "gzip", 1000);
    if ("error" in body) throw new Error(body.detail);
    expect(String(await collect({ status: 200, body, ttfbMs: 0, lengthVerified: true }))).toBe(text);
  });

  /** Returns the number of decoded bytes, and the end or failure. */
  const drained = async (body: BodyStream | Failure) => {
    if (isFailure(body)) return { bytes: 0, end: body };
    let bytes = 0;
    for (;;) {
      const batch = await body.next();
      if (batch === undefined || isFailure(batch)) return { bytes, end: batch };
      for (const piece of batch) bytes += piece.length;
    }
  };
  const stream = (batches: readonly (readonly Uint8Array[] | Failure)[]) => {
    const left = [...batches];
    let cancelled = false;
    return {
      next: async () => left.shift(),
      cancel() {
        cancelled = true;
      },
      get cancelled() {
        return cancelled;
      },
    };
  };
  const MIB = 1_048_576;
  const zeros = (mib: number) => gzipSync(Buffer.alloc(mib * MIB), { level: 9 });
  const BOMB = zeros(64);

  it("stops a bomb by the ratio to the decoded input, however much more has arrived", async () => {
    const { bytes, end } = await drained(decodeBody([BOMB], "gzip", Number.POSITIVE_INFINITY));
    expect(end).toMatchObject({ error: "too_large" });
    expect(bytes).toBeLessThanOrEqual(16 * MIB);
  });

  it.each([2, 3])("stops a bomb of %i encodings with a small ratio each", async (layers) => {
    // Repeated gzip members of 1 MiB with a ratio of 200: one body (RFC 1952 section 2.2), which compresses to a few KiB.
    const member = gzipSync(Buffer.concat([randomBytes(4000), Buffer.alloc(MIB - 4000)]));
    let sent = Buffer.concat(Array.from({ length: 128 }, () => member));
    expect(sent.length).toBeLessThan(MIB);
    for (let i = 1; i < layers; i++) sent = gzipSync(sent, { level: 9 });
    expect(sent.length).toBeLessThan(30_000);
    const names = Array.from({ length: layers }, () => "gzip").join(", ");
    const { bytes, end } = await drained(decodeBody([sent], names, Number.POSITIVE_INFINITY));
    expect(end).toMatchObject({ error: "too_large" });
    expect(bytes).toBeLessThanOrEqual(16 * MIB);
  });

  it("stops a brotli bomb", async () => {
    const bomb = brotliCompressSync(Buffer.alloc(64 * MIB), { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
    expect(bomb.length).toBeLessThan(1000);
    const { bytes, end } = await drained(decodeBody([bomb], "br", Number.POSITIVE_INFINITY));
    expect(end).toMatchObject({ error: "too_large" });
    expect(bytes).toBeLessThanOrEqual(16 * MIB);
  });

  it("accepts any ratio while the output is small", async () => {
    expect(await drained(decodeBody([zeros(16)], "gzip", Number.POSITIVE_INFINITY))).toEqual({
      bytes: 16 * MIB,
      end: undefined,
    });
  });

  it("reads the input to its end: padding is ignored, and a body truncated within it is truncated", async () => {
    const whole = gzipSync("text");
    const padding = Buffer.alloc(30_000);
    expect(await drained(decodeBody(stream([[whole], [padding], [padding]]), "gzip", 1000))).toEqual({
      bytes: 4,
      end: undefined,
    });
    const cut: Failure = { error: "truncated", detail: "cut" };
    expect(await drained(decodeBody(stream([[whole, padding], [padding], cut]), "gzip", 1000))).toEqual({
      bytes: 4,
      end: cut,
    });
  });

  it("stops at 64 KiB of padding", async () => {
    const padding = Buffer.alloc(30_000);
    const endless = stream([[gzipSync("text")], ...Array.from({ length: 100 }, () => [padding])]);
    expect(await drained(decodeBody(endless, "gzip", 1000))).toMatchObject({ end: { error: "bad_encoding" } });
    expect(endless.cancelled).toBe(true);
  });

  it("refuses more than three encodings", () => {
    expect(decodeBody([], "gzip, gzip, gzip, gzip", 1000)).toMatchObject({ error: "bad_encoding" });
  });
});
