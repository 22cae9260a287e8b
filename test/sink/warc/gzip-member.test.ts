// Gzip members: read back by zlib, stored where deflating gains nothing, and whole where their content comes in pieces.
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gzipMember, piecewiseMember } from "../../../src/sink/warc/gzip-member.ts";

const lengths = [1000, 65_534, 65_535, 65_536, 131_070, 200_001];

describe("a gzip member", () => {
  it("has the content, whatever that is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (content, isPacked) => {
        expect(gunzipSync(gzipMember(content, isPacked)).equals(content)).toBe(true);
      }),
    );
  });

  it.each(lengths)("has stored content of %s bytes, with as many blocks as that needs", (length) => {
    const content = randomBytes(length);
    for (const isPacked of [true, false]) {
      const member = gzipMember(content, isPacked);
      expect(gunzipSync(member).equals(content)).toBe(true);
      expect(member.length).toBe(18 + length + 5 * Math.max(1, Math.ceil(length / 65_535)));
    }
  });

  it("is deflated where that makes it smaller", () => {
    expect(gzipMember(Buffer.alloc(10_000, "text "), false).length).toBeLessThan(200);
    expect(gzipMember(Buffer.alloc(10_000, "text "), true).length).toBeGreaterThan(10_000);
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
    const member = piecewiseMember(isPacked);
    const encoded = [member.header];
    for (const piece of pieces) {
      const own = Buffer.from(piece);
      encoded.push(await member.encode(own));
      own.fill(0);
    }
    encoded.push(member.end(Buffer.from("\r\n\r\n")));
    const whole = Buffer.concat(encoded);
    expect(gunzipSync(whole).equals(Buffer.concat([...pieces, Buffer.from("\r\n\r\n")]))).toBe(true);
    expect(whole.length < 400_000).toBe(!isPacked);
    expect(gunzipSync(Buffer.concat([whole, whole])).length).toBe(2 * (4 + 1_048_576 + 300_000 + 1 + 4));
  });
});
