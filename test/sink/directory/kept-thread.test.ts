// A writer thread that is kept for the next run: it writes for one run after the other, and a stopped one is not kept.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keptWriterThread } from "../../../src/sink/directory/kept-thread.ts";
import { type WriterThread, writerThread } from "../../../src/sink/directory/writer-thread.ts";

let folder: string;
const started: WriterThread[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkget-kept-"));
  started.length = 0;
});

afterEach(() => {
  for (const thread of started) thread.close();
  rmSync(folder, { recursive: true });
});

function start(): WriterThread {
  const thread = writerThread() ?? expect.unreachable();
  started.push(thread);
  return thread;
}

function write(thread: WriterThread | undefined, name: string): Promise<boolean> {
  const path = join(folder, name);
  return new Promise((resolve) => {
    expect(thread?.enqueue(path, path, [Buffer.from(name)], resolve)).toBe(true);
  });
}

it("a writer thread that a run has closed writes for the next one", async () => {
  const kept = keptWriterThread(start);
  for (const name of ["one", "two", "three"]) {
    expect(kept.isThere).toBe(name !== "one");
    const thread = kept.start();
    expect(await write(thread, name)).toBe(true);
    expect(readFileSync(join(folder, name), "utf8")).toBe(name);
    thread?.close();
    await thread?.idle();
  }
  expect(started).toHaveLength(1);
});

it("a writer thread is not kept where it was stopped, or a file was under way", async () => {
  const kept = keptWriterThread(start);
  const stopped = kept.start();
  stopped?.stop();
  stopped?.close();
  await stopped?.idle();
  expect(kept.isThere).toBe(false);
  const busy = kept.start();
  void write(busy, "one");
  busy?.close();
  await busy?.idle();
  expect(kept.isThere).toBe(false);
  expect(started).toHaveLength(2);
});

it("a file that has its name at once is left alone where another one has that name", async () => {
  const thread = start();
  expect(await write(thread, "one")).toBe(true);
  expect(await write(thread, "one")).toBe(false);
  expect(readFileSync(join(folder, "one"), "utf8")).toBe("one");
});
