// A file as a stream: its bytes, its errors, and that it is closed.
import { randomBytes } from "node:crypto";
import { readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { fileStream } from "../../src/fs/file-stream.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();
const isLinux = process.platform === "linux";

function fileOf(bytes: Buffer): string {
  const path = folder.at("list.txt");
  writeFileSync(path, bytes);
  return path;
}

/** Whether this process has the file open. */
function isOpen(path: string): boolean {
  const linkOf = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // closed meanwhile
    }
  };
  return readdirSync("/proc/self/fd").some((fd) => linkOf(fd) === path);
}

const closed = (stream: NodeJS.ReadableStream) => new Promise<void>((resolve) => stream.once("close", () => resolve()));

describe("a file as a stream", () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 1_000_000])("has all %i bytes of it, and counts them", async (length) => {
    const bytes = randomBytes(length);
    const { stream, bytesRead } = fileStream(fileOf(bytes));
    expect((await buffer(stream)).equals(bytes)).toBe(true);
    expect(bytesRead()).toBe(length);
  });

  it("ends where the file was truncated meanwhile", async () => {
    const path = fileOf(randomBytes(1_000_000));
    const { stream, bytesRead } = fileStream(path);
    let count = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (count === 0) truncateSync(path, 300_000);
      count += chunk.length;
    }
    expect(bytesRead()).toBe(count);
    expect(count).toBeLessThanOrEqual(300_000);
  });

  it.each([
    ["missing", "ENOENT"],
    [".", "EISDIR"],
  ])("fails with the error of the file system: %s", async (name, code) => {
    await expect(buffer(fileStream(folder.at(name)).stream)).rejects.toMatchObject({ code });
  });

  it.skipIf(!isLinux)("is closed at its end, and when its reader stops", async () => {
    const path = fileOf(randomBytes(1_000_000));
    const whole = fileStream(path).stream;
    const end = closed(whole);
    await buffer(whole);
    await end;
    expect(isOpen(path)).toBe(false);

    const { stream } = fileStream(path);
    const stopped = closed(stream);
    for await (const _ of stream) {
      expect(isOpen(path)).toBe(true);
      break;
    }
    await stopped;
    expect(isOpen(path)).toBe(false);
  });

  it.skipIf(!isLinux)("is closed after the read that is under way, when its reader stops meanwhile", async () => {
    const path = fileOf(randomBytes(1_000_000));
    const { stream } = fileStream(path);
    const stopped = closed(stream);
    stream.once("data", () => setImmediate(() => stream.destroy()));
    await stopped;
    expect(isOpen(path)).toBe(false);
  });
});
