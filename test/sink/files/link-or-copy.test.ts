// A second name for a file: a hard link where the file system has them, otherwise a copy.
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { linkOrCopy } from "../../../src/sink/files/link-or-copy.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const at = (name: string) => folder.at(name);

/** A folder on another file system, if there is one. */
const memory = "/dev/shm";
const elsewhere = existsSync(memory) && lstatSync(memory).dev !== lstatSync(process.env["TMPDIR"] ?? "/tmp").dev;
if (!elsewhere) console.warn("no second file system: copies in the place of links are not tested");

describe("a second name of a file", () => {
  it("is a hard link", async () => {
    writeFileSync(at("a"), "text");
    await linkOrCopy(at("a"), at("b"), true);
    expect(lstatSync(at("b")).ino).toBe(lstatSync(at("a")).ino);
  });

  it.skipIf(!elsewhere).each([true, false])("is a copy on another file system (durable: %s)", async (durable) => {
    const other = mkdtempSync(join(memory, "bulkget-test-"));
    try {
      writeFileSync(join(other, "a"), "text");
      await linkOrCopy(join(other, "a"), at("b"), durable);
      expect([readFileSync(at("b"), "utf8"), lstatSync(at("b")).nlink]).toEqual(["text", 1]);
      await expect(linkOrCopy(join(other, "a"), at("b"), durable)).rejects.toThrow("EEXIST");
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  it("is an error where the name is taken or the file is missing", async () => {
    writeFileSync(at("a"), "text");
    writeFileSync(at("b"), "other");
    await expect(linkOrCopy(at("a"), at("b"), false)).rejects.toThrow("EEXIST");
    await expect(linkOrCopy(at("c"), at("d"), false)).rejects.toThrow("ENOENT");
    expect(readFileSync(at("b"), "utf8")).toBe("other");
  });
});
