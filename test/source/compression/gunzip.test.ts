// Decompression of gzip in any chunks, with its errors after all content before them.
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gunzipped } from "../../../src/source/compression/gunzip.ts";

interface Read {
  readonly content: string;
  readonly error: string | undefined;
}

/** The content and error of bytes that are cut at these places (fractions of their length). */
async function read(bytes: Buffer, places: readonly number[] = []): Promise<Read> {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort((a, b) => a - b);
  async function* chunks() {
    for (const [i, end] of ends.entries()) yield bytes.subarray(ends[i - 1] ?? 0, end);
  }
  const pieces: Buffer[] = [];
  let error: string | undefined;
  try {
    for await (const piece of gunzipped(chunks())) pieces.push(piece);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { content: Buffer.concat(pieces).toString("latin1"), error };
}

const contents = fc.array(fc.string({ unit: "binary-ascii", maxLength: 200 }), { minLength: 1, maxLength: 4 });
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const padding = fc.nat({ max: 40 }).map((length) => Buffer.alloc(length));
const zip = (texts: readonly string[], between = Buffer.alloc(0)) =>
  Buffer.concat(texts.flatMap((text) => [gzipSync(text), between]));

const TRUNCATED = "its gzip data is truncated";
const TRAILING_DATA = "its gzip data is followed by other data";

describe("gzip", () => {
  it("of several members, with zeros between and after them, is decompressed in any chunks", async () => {
    await fc.assert(
      fc.asyncProperty(contents, padding, places, async (texts, between, at) => {
        expect(await read(zip(texts, between), at)).toEqual({ content: texts.join(""), error: undefined });
      }),
    );
  });

  it("is decompressed byte by byte", async () => {
    const bytes = zip(["one\n", "", "two\n"], Buffer.alloc(3));
    const everywhere = Array.from(bytes, (_, i) => i / bytes.length);
    expect(await read(bytes, everywhere)).toEqual({ content: "one\ntwo\n", error: undefined });
  });

  it("of 200,000 empty members, and of small and large ones in turn, is decompressed quickly", async () => {
    const empty = Buffer.alloc(200_000 * gzipSync("").length, gzipSync(""));
    expect(await read(Buffer.concat([empty, gzipSync("end\n")]), [0.1, 0.2, 0.3])).toMatchObject({ content: "end\n" });
    const texts = Array.from({ length: 60 }, (_, i) => "x".repeat((i % 3) * 20_000 + (i % 2)));
    expect(await read(zip(texts))).toEqual({ content: texts.join(""), error: undefined });
  });

  it("truncated at any place returns its content and is reported as truncated", async () => {
    const first = gzipSync("one\n".repeat(30));
    const bytes = Buffer.concat([first, gzipSync("two\n")]);
    for (let length = 1; length < bytes.length; length++) {
      const { content, error } = await read(bytes.subarray(0, length), [0.5]);
      expect(`${"one\n".repeat(30)}two\n`.startsWith(content)).toBe(true);
      if (length >= first.length) expect(content.startsWith("one\n".repeat(30))).toBe(true);
      expect(error).toBe(length === first.length ? undefined : TRUNCATED);
    }
  });

  it("followed by other data returns all its content before the error", async () => {
    const rest = fc.uint8Array({ minLength: 1, maxLength: 50 }).filter(([first = 0]) => first !== 0 && first !== 0x1f);
    await fc.assert(
      fc.asyncProperty(contents, padding, rest, places, async (texts, between, behind, at) => {
        const bytes = Buffer.concat([zip(texts, between), behind]);
        expect(await read(bytes, at)).toEqual({ content: texts.join(""), error: TRAILING_DATA });
      }),
    );
  });

  it("with any bit flipped ends, and never with other content and no error", async () => {
    const text = "http://example.org/1\nhttp://example.org/2\n";
    const bytes = gzipSync(text);
    for (let bit = 8 * 2; bit < bytes.length * 8; bit++) {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { content, error } = await read(turned, [0.3, 0.6]);
      if (error === undefined) expect(content).toBe(text);
    }
  });

  it("fails with the error of its input", async () => {
    async function* chunks() {
      yield gzipSync("one\n").subarray(0, 14);
      throw new Error("read EIO");
    }
    const reading = async () => {
      for await (const _ of gunzipped(chunks()));
    };
    await expect(reading()).rejects.toThrow("read EIO");
  });
});
