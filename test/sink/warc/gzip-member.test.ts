// Gzip members: read back by zlib, stored where deflating gains nothing, and whole where their content comes in pieces.
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lengthOf } from "../../../src/fs/write-all.ts";
import {
  canBeSized,
  readHeader,
  SIZED_HEADER_BYTES,
  storedPieces,
  TRAILER_BYTES,
} from "../../../src/sink/warc/gzip/gzip-format.ts";
import { piecewiseMember } from "../../../src/sink/warc/gzip/piecewise-member.ts";
import { bytesOf, gzipMember, joined, memberOfPieces } from "../../../src/sink/warc/records/gzip-member.ts";

const lengths = [0, 1000, 1500, 2500, 65_000, 65_534, 65_535, 65_536, 131_070, 200_001];

/** A member with this block behind a head of 1 byte. */
const memberOf = (block: Uint8Array, isPacked: boolean) => joined([gzipMember("h", block, isPacked)]);

const contentOf = (block: Uint8Array) => Buffer.concat([Buffer.from("h"), block, Buffer.from("\r\n\r\n")]);

describe("a gzip member", () => {
  it("has the content, whatever that is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.boolean(), (block, isPacked) => {
        expect(gunzipSync(memberOf(block, isPacked)).equals(contentOf(block))).toBe(true);
      }),
    );
  });

  it.each(lengths)("has a stored block of %s bytes, in as many parts as that needs", (length) => {
    const block = randomBytes(length);
    for (const isPacked of [true, false]) {
      const member = memberOf(block, isPacked);
      expect(gunzipSync(member).equals(contentOf(block))).toBe(true);
      expect(member.length).toBe(18 + 5 + length + 5 * Math.max(1, Math.ceil((length + 5) / 65_535)));
    }
  });

  it("is deflated where that makes it smaller, and it is not so short that little is gained", () => {
    const text = Buffer.alloc(10_000, "text ");
    expect(memberOf(text, false).length).toBeLessThan(200);
    expect(memberOf(text, true).length).toBeGreaterThan(10_000);
    expect(memberOf(text.subarray(0, 1500), false).length).toBe(1500 + 5 + 5 + 18);
  });

  it("follows another one at once", () => {
    const members = [gzipMember("a", Buffer.from("b"), true), gzipMember("c", Buffer.alloc(5000), false)];
    expect(joined(members).length).toBe(bytesOf(members));
    expect(gunzipSync(joined(members)).toString("latin1")).toBe(`ab\r\n\r\nc${"\0".repeat(5000)}\r\n\r\n`);
  });

  it.each([
    ["deflated", false],
    ["stored", true],
  ])("has content that comes in pieces of any kind, %s", async (_, isPacked) => {
    const pieces = [
      Buffer.from("head"),
      Buffer.alloc(1_048_576, "x"),
      randomBytes(300_000),
      Buffer.alloc(0),
      Buffer.from("y"),
    ];
    const length = pieces.reduce((sum, piece) => sum + piece.length, 4);
    const member = piecewiseMember(length, isPacked);
    const encoded: Uint8Array[] = [];
    for (const piece of pieces) {
      const own = Buffer.from(piece);
      encoded.push(Buffer.concat(await member.encode(own)));
      own.fill(0);
    }
    encoded.push(member.end(Buffer.from("\r\n\r\n")));
    const whole = Buffer.concat([member.endedHeader?.() ?? member.header, ...encoded]);
    expect(readHeader(whole)?.length).toBe(whole.length);
    expect(gunzipSync(whole).equals(Buffer.concat([...pieces, Buffer.from("\r\n\r\n")]))).toBe(true);
    expect(whole.length < 400_000).toBe(!isPacked);
    expect(gunzipSync(Buffer.concat([whole, whole])).length).toBe(2 * (4 + 1_048_576 + 300_000 + 1 + 4));
  });

  it.each([
    ["random bytes", randomBytes(700_000)],
    ["text", Buffer.alloc(700_000, "text ")],
    ["text with random bytes at its end", Buffer.concat([Buffer.alloc(400_000, "text "), randomBytes(300_000)])],
    ["nothing", Buffer.alloc(0)],
  ])("has long content in pieces, whatever that is: %s", async (_, content) => {
    const pieces = [content.subarray(0, 300_000), content.subarray(300_000, 300_000), content.subarray(300_000)];
    for (const isPacked of [true, false]) {
      const member = await memberOfPieces("h", pieces, isPacked);
      const whole = joined([member]);
      expect(whole.equals(Buffer.concat(member.pieces ?? []))).toBe(true);
      expect(readHeader(whole)?.length).toBe(whole.length);
      expect(whole.length).toBe(member.bytes);
      expect(gunzipSync(whole).equals(contentOf(content))).toBe(true);
      expect(whole.length < content.length).toBe(!isPacked && content.includes("text"));
    }
  });

  it("has a length that its header can hold, in pieces of 1 MiB of which none is deflated", () => {
    const piece = lengthOf(storedPieces([Buffer.alloc(1_048_576)], false));
    let sized = 0;
    for (let step = 2 ** 32; step >= 1; step /= 2) if (canBeSized(sized + step)) sized += step;
    expect((sized / 1_048_576) * piece + SIZED_HEADER_BYTES + TRAILER_BYTES).toBeLessThan(2 ** 32);
  });

  it("has no length in its header where that is over 4 GiB", () => {
    expect(readHeader(Buffer.from(piecewiseMember(2 ** 32, true).header))?.length).toBeUndefined();
    expect(piecewiseMember(2 ** 32, true).endedHeader).toBeUndefined();
  });
});
