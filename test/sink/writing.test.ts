// Writes take all bytes or fail, however the pieces are cut.
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { digestOf, syncAsync, writeAll, writeAllSync } from "../../src/sink/writing.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

const path = () => folder.at("file");
const somePieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });

async function withFile<T>(flags: string, use: (fd: number) => T | Promise<T>): Promise<T> {
  const fd = openSync(path(), flags);
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

it.each([
  ["at once", writeAllSync],
  ["in the thread pool", writeAll],
])("pieces written %s are in the file one after the other, and counted", async (_how, write) => {
  await fc.assert(
    fc.asyncProperty(somePieces, somePieces, async (one, two) => {
      const whole = Buffer.concat([...one, ...two]);
      await withFile("w", async (fd) => {
        const bytes = (await write(fd, one)) + (await write(fd, two));
        expect(bytes).toBe(whole.length);
      });
      expect(readFileSync(path()).equals(whole)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it.runIf(process.platform === "linux")("a device that is full is an error, whatever the pieces", async () => {
  const fd = openSync("/dev/full", "w");
  try {
    for (const pieces of [[Buffer.from("a")], [Buffer.from("a"), Buffer.from("b")]]) {
      expect(() => writeAllSync(fd, pieces)).toThrow(/ENOSPC/);
      await expect(writeAll(fd, pieces)).rejects.toThrow(/ENOSPC/);
    }
  } finally {
    closeSync(fd);
  }
});

it("a digest begins with the first bytes of a file, and goes on with what is added to it", async () => {
  const whole = Buffer.alloc(2_500_000, "0123456789 and more");
  writeFileSync(path(), whole);
  for (const bytes of [1, 1_048_576, 1_048_577, whole.length]) {
    const digest = await withFile("r", (fd) => digestOf(fd, bytes).update("!").digest("hex"));
    expect(digest).toBe(createHash("sha256").update(whole.subarray(0, bytes)).update("!").digest("hex"));
  }
});

it("a digest of more bytes than there are is an error, not another digest", async () => {
  writeFileSync(path(), "short");
  await withFile("r", (fd) => expect(() => digestOf(fd, 6)).toThrow("shorter than it was"));
});

it("a folder's names are synced, and one that is gone is an error", async () => {
  await syncAsync(folder.path);
  await expect(syncAsync(folder.at("gone"))).rejects.toThrow(/ENOENT/);
});
