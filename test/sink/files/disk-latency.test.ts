// When writes move to the thread pool, and when they return to the main thread.
import { expect, it } from "vitest";
import {
  type DiskLatency,
  diskLatency,
  unlessBusy,
  unlessStuck,
  untilStopped,
} from "../../../src/sink/files/disk-latency.ts";

/** Records consecutive writes of equal duration; returns the end of the last one. */
function recorded(disk: DiskLatency, writes: number, ms: number, bytes: number, fromMs: number): number {
  for (let i = 0; i < writes; i++) disk.record(ms, bytes, fromMs + (i + 1) * ms);
  return fromMs + writes * ms;
}

it("a disk that writes a file in 0.1 ms is always fast", () => {
  const disk = diskLatency();
  expect(disk.isFast(recorded(disk, 10_000, 0.1, 100, 0))).toBe(true);
  expect(disk.isFast(recorded(disk, 1000, 0.9, 262_144, 0))).toBe(true);
});

it("one slow write is ignored, however long it takes; two in a row are not", () => {
  const disk = diskLatency();
  expect(disk.isFast(recorded(disk, 1, 2000, 100, 0))).toBe(true);
  recorded(disk, 30, 0.1, 100, 0);
  expect(disk.isFast(recorded(disk, 2, 2000, 100, 0))).toBe(false);
});

it("a disk that takes 2 ms per file is slow after a few files", () => {
  const disk = diskLatency();
  let writes = 0;
  for (let nowMs = 0; disk.isFast(nowMs) && writes < 100; writes++) nowMs = recorded(disk, 1, 2, 100, nowMs);
  expect(writes).toBeGreaterThan(1);
  expect(writes).toBeLessThan(10);
});

it("a large write may take 1 ms more per 256 KiB", () => {
  const disk = diskLatency();
  expect(disk.isFast(recorded(disk, 100, 4, 1_048_576, 0))).toBe(true);
  expect(disk.isFast(recorded(disk, 100, 10, 1_048_576, 0))).toBe(false);
});

it("a slow disk is measured again after 250 ms, with one write", () => {
  const disk = diskLatency();
  const slowMs = recorded(disk, 100, 5, 100, 0);
  expect(disk.isFast(slowMs + 249)).toBe(false);
  expect(disk.isFast(slowMs + 250)).toBe(true);
  const triedMs = recorded(disk, 1, 5, 100, slowMs + 250);
  expect(disk.isFast(triedMs + 249)).toBe(false);
});

it("measuring a slow disk again takes at most a twentieth of the time", () => {
  const disk = diskLatency();
  const slowMs = recorded(disk, 10, 1000, 100, 0);
  expect(disk.isFast(slowMs + 19_999)).toBe(false);
  expect(disk.isFast(slowMs + 20_000)).toBe(true);
});

it("a disk that has become fast is fast after some consecutive fast writes", () => {
  const disk = diskLatency();
  let nowMs = recorded(disk, 100, 5, 100, 0) + 250;
  let writes = 0;
  for (; writes < 100 && disk.isFast(nowMs); writes++) nowMs = recorded(disk, 1, 0.1, 100, nowMs);
  expect(writes).toBe(100);
  // One slow write does not make it slow again.
  expect(disk.isFast(recorded(disk, 1, 5, 100, nowMs))).toBe(true);
});

it("one fast write does not make a slow disk fast", () => {
  const disk = diskLatency();
  const slowMs = recorded(disk, 100, 5, 100, 0) + 250;
  const quickMs = recorded(disk, 1, 0.1, 100, slowMs);
  expect(disk.isFast(quickMs)).toBe(true);
  expect(disk.isFast(recorded(disk, 1, 5, 100, quickMs))).toBe(false);
});

it("a slow write during which the process waited for a CPU is ignored", () => {
  let switches = 0;
  const disk = unlessBusy(diskLatency(), () => switches);
  for (let i = 0; i < 100; i++) {
    switches++;
    disk.record(5, 100, i * 5);
  }
  expect(disk.isFast(500)).toBe(true);
  expect(disk.isFast(recorded(disk, 100, 5, 100, 500))).toBe(false);
});

it("one write of 100 ms makes the disk slow at once (unlessStuck)", () => {
  const disk = unlessStuck(diskLatency());
  expect(disk.isFast(recorded(disk, 1, 99, 100, 0))).toBe(true);
  const stuckMs = recorded(disk, 1, 4000, 100, 1000);
  expect(disk.isFast(stuckMs + 79_999)).toBe(false);
  expect(disk.isFast(stuckMs + 80_000)).toBe(true); // a twentieth of the time
});

it("a faster file in the thread pool ends unlessStuck, an equally slow one does not", () => {
  const disk = unlessStuck(diskLatency());
  const stuckMs = recorded(disk, 1, 4000, 100, 0);
  disk.recordAsync?.(100);
  expect(disk.isFast(stuckMs)).toBe(false);
  disk.recordAsync?.(99);
  expect(disk.isFast(stuckMs)).toBe(true);
});

it("a stopping run writes nothing in the main thread, however fast the disk is", () => {
  const stop = new AbortController();
  const disk = untilStopped(unlessStuck(diskLatency()), stop.signal);
  expect(disk.isFast(recorded(disk, 100, 0.1, 100, 0))).toBe(true);
  stop.abort();
  expect(disk.isFast(recorded(disk, 100, 0.1, 100, 1000))).toBe(false);
  expect(untilStopped(disk, undefined)).toBe(disk);
});
