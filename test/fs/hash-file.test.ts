// A digest continues from the bytes that a file has.
import { createHash } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { hashOfStart } from "../../src/fs/hash-file.ts";
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
    const digest = withFile(whole, (fd) => hashOfStart(fd, bytes).update("!").digest("hex"));
    expect(digest).toBe(createHash("sha256").update(whole.subarray(0, bytes)).update("!").digest("hex"));
  }
});

it("a digest of more bytes than the file has is an error, not another digest", () => {
  withFile("short", (fd) => expect(() => hashOfStart(fd, 6)).toThrow("shorter than it was"));
});
