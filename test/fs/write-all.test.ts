// Writes take all bytes or throw, however the pieces are cut.
import { closeSync, openSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { writeAll, writeAllSync } from "../../src/fs/write-all.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();
const path = () => folder.at("file");
const somePieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });

it.each([
  ["synchronously", writeAllSync],
  ["in the thread pool", writeAll],
])("pieces written %s are in the file one after the other, and counted", async (_how, write) => {
  await fc.assert(
    fc.asyncProperty(somePieces, somePieces, async (one, two) => {
      const whole = Buffer.concat([...one, ...two]);
      const fd = openSync(path(), "w");
      try {
        const bytes = (await write(fd, one)) + (await write(fd, two));
        expect(bytes).toBe(whole.length);
      } finally {
        closeSync(fd);
      }
      expect(readFileSync(path()).equals(whole)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it("the number of written bytes is reported", () => {
  const fd = openSync(path(), "w");
  const reported: number[] = [];
  try {
    writeAllSync(fd, [Buffer.from("abc"), Buffer.from("de")], (writtenBytes) => reported.push(writtenBytes));
  } finally {
    closeSync(fd);
  }
  expect(reported).toEqual([5]);
});

it.runIf(process.platform === "linux")("a full device is an error, whatever the pieces", async () => {
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
