// When the disk is left to the thread pool, and when it is trusted again: numbers in, a word out.
import { expect, it } from "vitest";
import {
  type DiskLatency,
  diskLatency,
  unlessBusy,
  unlessStuck,
  until,
} from "../../../src/sink/directory/disk-latency.ts";

/** Tells of so many writes, one after the other, each of which takes so long; gives when the last of them ended. */
function told(disk: DiskLatency, writes: number, ms: number, bytes: number, fromMs: number): number {
  for (let i = 0; i < writes; i++) disk.took(ms, bytes, fromMs + (i + 1) * ms);
  return fromMs + writes * ms;
}

it("a disk that takes a file in a tenth of a millisecond is written to at once, for ever", () => {
  const disk = diskLatency();
  expect(disk.now(told(disk, 10_000, 0.1, 100, 0))).toBe(true);
  expect(disk.now(told(disk, 1000, 0.9, 262_144, 0))).toBe(true);
});

it("one hiccup is none, whatever it takes; two in a row are", () => {
  const disk = diskLatency();
  expect(disk.now(told(disk, 1, 2000, 100, 0))).toBe(true);
  told(disk, 30, 0.1, 100, 0);
  expect(disk.now(told(disk, 2, 2000, 100, 0))).toBe(false);
});

it("a disk that takes two milliseconds a file is left to the pool after a few", () => {
  const disk = diskLatency();
  let writes = 0;
  for (let nowMs = 0; disk.now(nowMs) && writes < 100; writes++) nowMs = told(disk, 1, 2, 100, nowMs);
  expect(writes).toBeGreaterThan(1);
  expect(writes).toBeLessThan(10);
});

it("a large write may take longer: what counts is a millisecond and one more for every 256 KiB", () => {
  const disk = diskLatency();
  expect(disk.now(told(disk, 100, 4, 1_048_576, 0))).toBe(true);
  expect(disk.now(told(disk, 100, 10, 1_048_576, 0))).toBe(false);
});

it("a slow disk is tried after a quarter of a second, with one write", () => {
  const disk = diskLatency();
  const slowMs = told(disk, 100, 5, 100, 0);
  expect(disk.now(slowMs + 249)).toBe(false);
  expect(disk.now(slowMs + 250)).toBe(true);
  const triedMs = told(disk, 1, 5, 100, slowMs + 250);
  expect(disk.now(triedMs + 249)).toBe(false);
});

it("trying takes at most a twentieth of the time", () => {
  const disk = diskLatency();
  const slowMs = told(disk, 10, 1000, 100, 0);
  expect(disk.now(slowMs + 19_999)).toBe(false);
  expect(disk.now(slowMs + 20_000)).toBe(true);
});

it("a disk that is quick again is trusted after some quick writes, without a wait between them", () => {
  const disk = diskLatency();
  let nowMs = told(disk, 100, 5, 100, 0) + 250;
  let writes = 0;
  for (; writes < 100 && disk.now(nowMs); writes++) nowMs = told(disk, 1, 0.1, 100, nowMs);
  expect(writes).toBe(100);
  // One slow write does not change that any more.
  expect(disk.now(told(disk, 1, 5, 100, nowMs))).toBe(true);
});

it("a disk that is tried and quick once is not trusted for that", () => {
  const disk = diskLatency();
  const slowMs = told(disk, 100, 5, 100, 0) + 250;
  const quickMs = told(disk, 1, 0.1, 100, slowMs);
  expect(disk.now(quickMs)).toBe(true);
  expect(disk.now(told(disk, 1, 5, 100, quickMs))).toBe(false);
});

it("what took long while the process waited for a CPU is not the disk's fault", () => {
  let switches = 0;
  const disk = unlessBusy(diskLatency(), () => switches);
  for (let i = 0; i < 100; i++) {
    switches++;
    disk.took(5, 100, i * 5);
  }
  expect(disk.now(500)).toBe(true);
  expect(disk.now(told(disk, 100, 5, 100, 500))).toBe(false);
});

it("one write that takes a tenth of a second is enough, where nobody else may be held up", () => {
  const disk = unlessStuck(diskLatency());
  expect(disk.now(told(disk, 1, 99, 100, 0))).toBe(true);
  const stuckMs = told(disk, 1, 4000, 100, 1000);
  expect(disk.now(stuckMs + 79_999)).toBe(false);
  expect(disk.now(stuckMs + 80_000)).toBe(true); // a twentieth of the time
});

it("a file that the pool has written quicker ends that, one as slow does not", () => {
  const disk = unlessStuck(diskLatency());
  const stuckMs = told(disk, 1, 4000, 100, 0);
  disk.tookLater?.(100);
  expect(disk.now(stuckMs)).toBe(false);
  disk.tookLater?.(99);
  expect(disk.now(stuckMs)).toBe(true);
});

it("a run that is to end writes nothing in this thread any more, however quick the disk", () => {
  const stop = new AbortController();
  const disk = until(unlessStuck(diskLatency()), stop.signal);
  expect(disk.now(told(disk, 100, 0.1, 100, 0))).toBe(true);
  stop.abort();
  expect(disk.now(told(disk, 100, 0.1, 100, 1000))).toBe(false);
  expect(until(disk, undefined)).toBe(disk);
});
