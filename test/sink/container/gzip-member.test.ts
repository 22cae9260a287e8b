// gzip members, read back by zlib and by gzip(1): deflated, stored, and made piece by piece.
import { execFileSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gzipMember, longMember } from "../../../src/sink/container/gzip-member.ts";

const pieces = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 65_530, max: 140_000 }).map((length) => new Uint8Array(length).fill(7)),
  ),
  { maxLength: 6 },
);

describe("a gzip member", () => {
  it("holds the content of its pieces, packed or not, cut anywhere", () => {
    fc.assert(
      fc.property(pieces, fc.boolean(), (content, isPacked) => {
        expect(gunzipSync(Buffer.concat(gzipMember(content, isPacked))).equals(Buffer.concat(content))).toBe(true);
      }),
    );
  });

  it("made piece by piece holds the same content", () => {
    fc.assert(
      fc.property(pieces, fc.boolean(), (content, isPacked) => {
        const member = longMember(isPacked);
        const parts = [member.header, ...content.flatMap((piece) => member.push(piece)), ...member.end()];
        expect(gunzipSync(Buffer.concat(parts)).equals(Buffer.concat(content))).toBe(true);
      }),
    );
  });

  it("is read by gzip, several in a row", () => {
    const members = ["one\n", "two\n", ""].flatMap((text, i) => gzipMember([Buffer.from(text)], i === 1));
    expect(execFileSync("gzip", ["-dc"], { input: Buffer.concat(members), encoding: "utf8" })).toBe("one\ntwo\n");
  });
});
