// Decoding of a line: UTF-8, and percent-encoding for other bytes of its URL.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLine } from "../../../src/source/formats/decode-line.ts";

const decoded = (text: string) => {
  const bytes = Buffer.from(text, "latin1");
  return decodeLine(Buffer.concat([Buffer.from("\xff"), bytes, Buffer.from("\xff")]), 2, bytes.length + 2);
};

describe("a line", () => {
  it.each([
    ["http://a/caf\xe9", "http://a/caf%E9"],
    ["http://a/\xc3\xa9", "http://a/é"],
    ["http://a/\xc3\xa9\xe9", "http://a/é%E9"],
    ["http://a/\xf0\x9f\x98", "http://a/%F0%9F%98"],
    ["http://a/\xed\xa0\x80", "http://a/%ED%A0%80"],
    ["http://a/\xc0\x80", "http://a/%C0%80"],
    ["\t http://a/\xe9\t\xe9", "\t http://a/%E9\t\ufffd"],
    ["http://a/\xef\xbf\xbd", "http://a/\ufffd"],
  ])("with the bytes %j is decoded as %j", (bytes, text) => {
    expect(decoded(bytes)).toBe(text);
  });

  it("of valid UTF-8 is unchanged", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const bytes = Buffer.from(text);
        expect(decodeLine(bytes, 0, bytes.length)).toBe(text);
      }),
    );
  });
});
