// The sizes of the parts of large objects: equal, and at most 10,000.
import { describe, expect, it } from "vitest";
import { partBytesOf } from "../../src/store/multipart.ts";

const MIB = 1_048_576;

describe("partBytesOf", () => {
  it.each([
    [16 * MIB + 1, 8 * MIB],
    [80_000 * MIB, 8 * MIB],
    [80_000 * MIB + 1, 9 * MIB],
    [5 * 1024 * 1024 * MIB, 525 * MIB], // the largest object of S3, 5 TiB
  ])("of %d bytes is %d", (bytes, partBytes) => {
    expect(partBytesOf(bytes)).toBe(partBytes);
    expect(Math.ceil(bytes / partBytes)).toBeLessThanOrEqual(10_000);
  });
});
