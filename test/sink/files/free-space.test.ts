// The free space is checked now and then, and a run stops before the disk is full.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { freeSpaceCheck } from "../../../src/sink/files/free-space.ts";
import { ownFolder } from "../../support/own.ts";

const outside = ownFolder();
let folder: string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  folder = outside.at("out");
  mkdirSync(folder);
});
afterEach(() => void vi.useRealTimers());

/** More than any disk has free. */
const ALL = Number.MAX_SAFE_INTEGER;

it("a disk with enough free space accepts any file, and one without accepts none", () => {
  const roomy = freeSpaceCheck(folder, 1);
  const full = freeSpaceCheck(folder, ALL);
  for (const bytes of [0, 1, 1e9]) {
    expect(roomy(bytes)).toBeUndefined();
    expect(full(bytes)).toEqual({
      error: "disk_full",
      detail: expect.stringMatching(/^[0-9]+ bytes free, under the minimum \(min-free\) of 9007199254740991$/),
    });
  }
});

it("with a minimum of 0, the free space is never checked", () => {
  expect(freeSpaceCheck(folder, 0)(1e15)).toBeUndefined();
});

it("a file system that does not report its free space is written to until it fails", () => {
  expect(freeSpaceCheck(join(folder, "gone"), ALL)(1)).toBeUndefined();
});

// The folder is removed after the first check: only a second check can have another result.
function lookedOnce(minFreeBytes: number) {
  const full = freeSpaceCheck(folder, minFreeBytes);
  expect(full(0)).toMatchObject({ error: "disk_full" });
  rmSync(folder, { recursive: true });
  return full;
}

it("the free space is checked again for a small file after a second, not before", () => {
  const full = lookedOnce(ALL);
  vi.advanceTimersByTime(999);
  expect(full(1)).toMatchObject({ error: "disk_full" });
  vi.advanceTimersByTime(1);
  expect(full(1)).toBeUndefined();
});

it("the free space is checked again after 16 MiB, counting 4 KiB for each file", () => {
  const full = lookedOnce(ALL);
  expect(full(16_777_216 - 3 * 4096)).toMatchObject({ error: "disk_full" });
  expect(full(4095)).toMatchObject({ error: "disk_full" });
  expect(full(0)).toBeUndefined();
});
