// Digests that a list names: their forms, and the comparison with what a body has.

import { describe, expect, it } from "vitest";
import { DIGEST_NAMES, digestFailure, digestsOf, mismatchedDigest, normalizedDigest } from "../../src/core/digest.ts";

const GOOD = { md5: "a".repeat(32), sha1: "b".repeat(40), sha256: "c".repeat(64), sha512: "d".repeat(128) };

describe("a digest of a list", () => {
  it.each(DIGEST_NAMES)("%s is refused unless it has exactly its number of hexadecimal digits", (name) => {
    const good = GOOD[name];
    expect(digestFailure({ [name]: good })).toBeUndefined();
    for (const wrong of ["", good.slice(1), `${good}0`, `g${good.slice(1)}`, good.toUpperCase()]) {
      const detail = `its ${name} is not ${good.length} hexadecimal digits`;
      expect(digestFailure({ [name]: wrong })).toEqual({ error: "invalid_digest", detail });
    }
  });

  it("is read in upper case and with blanks, and never longer than it takes to be wrong", () => {
    expect(normalizedDigest("md5", " AB cd\t ")).toBe("abcd");
    expect(normalizedDigest("sha256", "f".repeat(100_000))).toHaveLength(65);
  });
});

describe("the digests of a body", () => {
  it("are those of a line, and nothing else of it", () => {
    expect(digestsOf({ n: 1, url: "http://a/", sha1: "b", md5: "a" } as object)).toEqual({ md5: "a", sha1: "b" });
    expect(digestsOf({ n: 1, url: "http://a/" } as object)).toBeUndefined();
  });

  it("agree with a list where each that it names is the same, whatever else is known", () => {
    expect(mismatchedDigest({}, GOOD)).toBeUndefined();
    expect(mismatchedDigest({ sha1: GOOD.sha1 }, GOOD)).toBeUndefined();
    expect(mismatchedDigest({ sha1: GOOD.sha1, md5: "x" }, GOOD)).toBe("md5");
    expect(mismatchedDigest({ sha512: GOOD.sha512 }, {})).toBe("sha512");
  });
});
