// A digest continues from the bytes that a file has.
import { createHash } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { bodyDigest, digestBy, mismatchOf, updateFromFile } from "../../src/fs/body-digest.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

function withFile<T>(content: string | Buffer, use: (fd: number) => T): T {
  writeFileSync(folder.at("file"), content);
  const fd = openSync(folder.at("file"), "r");
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

it("a digest begins with the first bytes of a file, and continues with what is added", () => {
  const whole = Buffer.alloc(2_500_000, "0123456789 and more");
  for (const bytes of [1, 1_048_576, 1_048_577, whole.length]) {
    const digest = withFile(whole, (fd) => {
      const begun = digestBy(["md5", "sha256"]);
      updateFromFile(begun, fd, bytes);
      begun.update(Buffer.from("!"));
      return begun.result();
    });
    const digestOf = (name: string) => createHash(name).update(whole.subarray(0, bytes)).update("!").digest("hex");
    expect(digest).toEqual({ md5: digestOf("md5"), sha256: digestOf("sha256") });
  }
});

it("a digest of more bytes than the file has is an error, not another digest", () => {
  withFile("short", (fd) => expect(() => updateFromFile(digestBy(["sha1"]), fd, 6)).toThrow("shorter than it was"));
});

it("only the digests that are wanted are computed, with SHA-256 where every body gets it", () => {
  const names = (digest: ReturnType<typeof bodyDigest>) => digest && Object.keys(digest.result());
  expect(bodyDigest({}, false)).toBeUndefined();
  expect(names(bodyDigest({}, true))).toEqual(["sha256"]);
  expect(names(bodyDigest({ sha1: "x", sha512: "x" }, false))).toEqual(["sha1", "sha512"]);
  expect(names(bodyDigest({ md5: "x" }, true))).toEqual(["md5", "sha256"]);
});

it("a body has to have every digest that the list names for it", () => {
  const actual = { md5: "a", sha1: "b", sha256: "c" };
  expect(mismatchOf({ md5: "a", sha1: "b" }, actual)).toBeUndefined();
  expect(mismatchOf({ md5: "a", sha1: "x" }, actual)).toEqual({
    error: "checksum_mismatch",
    detail: "sha1 is b, the list says x",
  });
  expect(mismatchOf({ sha512: "x" }, actual)).toMatchObject({ error: "checksum_mismatch" });
});
