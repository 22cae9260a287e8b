// HPACK (RFC 7541): decodes what nghttp2 encodes, encodes what nghttp2 decodes, and refuses invalid header blocks.

import { createServer, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { array, assert, constantFrom, integer, nat, property, string, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { frameReader } from "../../../src/http/h2/frame-reader.ts";
import { ConnectionError, frame, requestFrames, TYPE } from "../../../src/http/h2/frames.ts";
import { decoder, encodeField } from "../../../src/http/h2/hpack.ts";
import { preface } from "../../../src/http/h2/settings.ts";
import { block } from "../../support/servers/frame-server.ts";

type Fields = readonly (readonly [string, string])[];

function decoded(bytes: Uint8Array, by = decoder()): Fields {
  const fields: [string, string][] = [];
  by.decode(bytes, (name, value) => fields.push([name, value]));
  return fields;
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Node's HTTP/2 server (nghttp2) in memory. `write` sends it bytes; it answers each request with the result of `answer`. */
function nghttp2(
  onStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void,
  onBytes: (bytes: Buffer) => void,
) {
  const server = createServer({ settings: { maxHeaderListSize: 1_000_000 } });
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _, done) {
      onBytes(bytes);
      done();
    },
  });
  server.on("stream", onStream);
  server.on("sessionError", () => {});
  server.emit("connection", socket);
  return (bytes: Buffer) => void socket.push(bytes);
}

const REQUEST = block(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a");

describe("a header block", () => {
  it.each([
    [
      "of requests (appendix C.4)",
      "",
      [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ],
      [
        [":method GET", ":scheme http", ":path /", ":authority www.example.com"],
        [":method GET", ":scheme http", ":path /", ":authority www.example.com", "cache-control no-cache"],
        [":method GET", ":scheme https", ":path /index.html", ":authority www.example.com", "custom-key custom-value"],
      ],
    ],
    [
      "of answers, with a table of 256 bytes (appendix C.6)",
      "3f e1 01",
      [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      ],
      [
        [
          ":status 302",
          "cache-control private",
          "date Mon, 21 Oct 2013 20:13:21 GMT",
          "location https://www.example.com",
        ],
        [
          ":status 307",
          "cache-control private",
          "date Mon, 21 Oct 2013 20:13:21 GMT",
          "location https://www.example.com",
        ],
        [
          ":status 200",
          "cache-control private",
          "date Mon, 21 Oct 2013 20:13:22 GMT",
          "location https://www.example.com",
          "content-encoding gzip",
          "set-cookie foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        ],
      ],
    ],
  ])("%s of the examples of RFC 7541 is decoded", (_, size, blocks, expected) => {
    const by = decoder();
    const all = blocks.map((one, i) => decoded(hex(i === 0 ? size + one : one), by).map((field) => field.join(" ")));
    expect(all).toEqual(expected);
  });

  it("of nghttp2 is decoded to its input: all bytes, with and without Huffman code, with a dynamic table", async () => {
    const values = [
      ...Array.from({ length: 256 }, (_, i) => `${"a".repeat(40)}${String.fromCharCode(i)}`),
      ...Array.from({ length: 256 }, (_, i) => String.fromCharCode(i, 255, i)),
    ].filter((value) => !/[\0\r\n]|[\t ]$|^[\t ]/.test(value));
    const fields = values.map((value, i) => [`x-${i % 60}-${value.length}`, value] as const);
    const by = decoder();
    const got: Fields[] = [];
    const read = frameReader({
      onHead() {},
      onFrame(type, _, __, payload) {
        if (type === TYPE.headers) got.push(decoded(payload, by));
      },
      onDataFrame() {},
      onData() {},
      onDataFrameEnd() {},
    });
    const parts = Array.from({ length: 16 }, (_, i) => fields.filter((__, n) => n % 16 === i));
    const [again = []] = parts;
    const all = [...parts, again];
    let next = 0;
    const write = nghttp2((stream) => {
      stream.respond(Object.fromEntries(all[next++] ?? []), { endStream: true });
    }, read);
    write(preface(65_535));
    for (let i = 0; i < all.length; i++) write(requestFrames(2 * i + 1, REQUEST));
    await expect.poll(() => got.length).toBe(all.length);
    const without = got.map((one) => one.filter(([name]) => name.startsWith("x-")));
    expect(without).toEqual(all.map((one) => [...new Map(one)]));
  });

  it("of our encoder is decoded by nghttp2 to its input, with any content and length", async () => {
    const text = string({ unit: constantFrom(..."abcXYZ 0189%/?&=;,é\u00a0\u00ff"), maxLength: 300 });
    const samples: Fields[] = [];
    assert(
      property(array(tuple(nat(30), text), { maxLength: 20 }), (fields) => {
        samples.push([...new Map(fields.map(([n, value]) => [`x-${n}`, value.replace(/^[\t ]+|[\t ]+$/g, "")]))]);
      }),
      { numRuns: 50 },
    );
    samples.push([["x-long", "y".repeat(60_000)]]);
    const seen: Record<string, unknown>[] = [];
    const write = nghttp2(
      (stream, headers) => {
        seen.push(headers);
        stream.respond({}, { endStream: true });
      },
      () => {},
    );
    write(preface(65_535));
    samples.forEach((fields, i) => {
      write(
        requestFrames(2 * i + 1, Buffer.concat([REQUEST, ...fields.map(([name, value]) => encodeField(name, value))])),
      );
    });
    await expect.poll(() => seen.length).toBe(samples.length);
    expect(seen).toMatchObject(samples.map((fields) => Object.fromEntries(fields)));
  });

  it.each([
    ["index 0", "80"],
    ["an index beyond the tables", "be"],
    ["an index that is cut", "ff"],
    ["an integer that overflows", "ff ff ff ff ff ff 7f"],
    ["a string that is cut", "00 05 61"],
    ["a Huffman code that is cut", "00 81 fe 00"],
    ["a Huffman code with its end in it", "00 84 ff ff ff ff 00"],
    ["a Huffman code with more than seven bits of padding", "00 82 1f ff 00"],
    ["a table larger than was allowed", "3f e2 1f"],
    ["a table size update after a field", "82 20"],
  ])("with %s is refused", (_, bytes) => {
    expect(() => decoded(hex(bytes))).toThrow(ConnectionError);
  });

  it("of random bytes throws nothing but a ConnectionError, in bounded time", () => {
    assert(
      property(uint8Array({ maxLength: 400 }), integer({ min: 1, max: 4 }), (bytes, times) => {
        const by = decoder();
        try {
          for (let i = 0; i < times; i++) decoded(bytes, by);
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("frames", () => {
  it("are parsed equally in any pieces", () => {
    const one = tuple(nat(11), nat(255), nat(5), uint8Array({ maxLength: 300 }));
    assert(
      property(
        array(one, { maxLength: 20 }),
        array(integer({ min: 1, max: 40 }), { minLength: 1 }),
        (frames, sizes) => {
          const bytes = Buffer.concat(
            frames.map(([type, flags, stream, payload]) => frame(type, flags, stream, Buffer.from(payload))),
          );
          const whole = told([bytes]);
          const pieces: Buffer[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            pieces.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(told(pieces)).toEqual(whole);
        },
      ),
    );
  });
});

/** Returns the events of a reader for these pieces; consecutive pieces of one body are joined. */
function told(pieces: readonly Buffer[]): string[] {
  const all: string[] = [];
  const read = frameReader({
    onHead: (type) => void all.push(`head ${type}`),
    onFrame: (...[type, flags, stream, payload]) =>
      void all.push(`frame ${type} ${flags} ${stream} ${payload.toString("hex")}`),
    onDataFrame: (stream, length) => void all.push(`data ${stream} ${length} `),
    onData: (piece) => void all.push(`${all.pop()}${piece.toString("hex")}`),
    onDataFrameEnd: (isEnd) => void all.push(`end ${isEnd}`),
  });
  try {
    for (const piece of pieces) {
      const shared = Buffer.from(piece);
      read(shared);
      shared.fill("#"); // the result must not depend on it
    }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    all.push(error.message);
  }
  return all;
}
