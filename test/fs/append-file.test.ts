// Lines are appended in batches; an error of a write is thrown by the next call.
import { spawnSync } from "node:child_process";
import { existsSync, linkSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fileAppender } from "../../src/fs/append-file.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();
let path: string;
beforeEach(() => {
  vi.useFakeTimers();
  path = folder.at("lines.txt");
});
afterEach(() => void vi.useRealTimers());

const content = () => readFileSync(path, "utf8");

describe("appended lines", () => {
  it("are written in one batch, 100 ms after the first", () => {
    const file = fileAppender(path, "wx");
    file.append("one\n");
    vi.advanceTimersByTime(60);
    file.append("two\n");
    vi.advanceTimersByTime(39);
    expect(content()).toBe("");
    vi.advanceTimersByTime(1);
    expect(content()).toBe("one\ntwo\n");
    file.append("three\n");
    vi.advanceTimersByTime(100);
    expect(content()).toBe("one\ntwo\nthree\n");
    file.close();
  });

  it("are written at once when the batch has 64 KiB", () => {
    const file = fileAppender(path, "wx");
    const line = `${"x".repeat(1023)}\n`;
    for (let i = 1; i < 64; i++) file.append(line);
    expect(content()).toBe("");
    file.append(line);
    expect(content()).toBe(line.repeat(64));
    expect(vi.getTimerCount()).toBe(0);
    file.close();
  });

  it("are written when the file is closed, which clears the timer", () => {
    const file = fileAppender(path, "wx");
    file.append("ü 日本 😀\n");
    file.close();
    expect(content()).toBe("ü 日本 😀\n");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an existing file", () => {
  it("is an error with `wx`, and truncated with `w`", () => {
    writeFileSync(path, "mine");
    expect(() => fileAppender(path, "wx")).toThrow("EEXIST");
    expect(content()).toBe("mine");
    fileAppender(path, "w").close();
    expect(content()).toBe("");
  });

  it("is continued only if it is a regular file, not a link, without a second hard link", () => {
    const mine = folder.at("mine");
    writeFileSync(mine, "mine\n");
    for (const plant of [
      () => symlinkSync(mine, path),
      () => linkSync(mine, path),
      () => spawnSync("mkfifo", [path]),
      () => spawnSync("mknod", [path, "c", "1", "3"]),
    ]) {
      plant();
      if (existsSync(path)) expect(() => fileAppender(path, { fromBytes: 0 })).toThrow();
      rmSync(path, { force: true });
    }
    expect(readFileSync(mine, "utf8")).toBe("mine\n");
    writeFileSync(path, "mine\ntorn");
    fileAppender(path, { fromBytes: 5 }).close();
    expect(content()).toBe("mine\n");
  });
});

describe.skipIf(!existsSync("/dev/null"))("a device that cannot be synced", () => {
  it("counts as synced", async () => {
    const file = fileAppender("/dev/null", "w");
    file.append("one\n");
    await expect(file.sync()).resolves.toBeUndefined();
    file.close();
  });
});

describe.skipIf(!existsSync("/dev/full"))("an error of a write", () => {
  it("by the timer is thrown by the next `append` and by `close`", () => {
    const file = fileAppender("/dev/full", "w");
    file.append("one\n");
    vi.advanceTimersByTime(100);
    expect(() => file.append("two\n")).toThrow("ENOSPC");
    expect(() => file.append("three\n")).toThrow("ENOSPC");
    expect(() => file.close()).toThrow("ENOSPC");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects `sync`", async () => {
    const file = fileAppender("/dev/full", "w");
    file.append("one\n");
    await expect(file.sync()).rejects.toThrow("ENOSPC");
    expect(() => file.close()).toThrow("ENOSPC");
  });

  it("in `close` is thrown by it", () => {
    const file = fileAppender("/dev/full", "w");
    file.append("one\n");
    expect(() => file.close()).toThrow("ENOSPC");
  });

  it("of a full batch is thrown by that `append` and by all later ones", () => {
    const file = fileAppender("/dev/full", "w");
    expect(() => file.append("x".repeat(65_536))).toThrow("ENOSPC");
    expect(() => file.append("two\n")).toThrow("ENOSPC");
    expect(() => file.close()).toThrow("ENOSPC");
  });
});
