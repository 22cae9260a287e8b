// The writer thread: queued bodies become files, each is reported once, and the queue is bounded.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type WriterThread, writerThread } from "../../../src/sink/directory/writer-thread.ts";

let folder: string;
let thread: WriterThread;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkget-scribe-"));
  mkdirSync(join(folder, "parts"));
  const started = writerThread();
  if (started === undefined) throw new Error("no thread can be started here");
  thread = started;
});

afterEach(() => {
  thread.close();
  rmSync(folder, { recursive: true });
});

const partOf = (n: number) => join(folder, "parts", `${n}.part`);
const pathOf = (n: number | string) => join(folder, `${n}`);
const bodyOf = (n: number, bytes: number) => Buffer.alloc(bytes, `${n} `);

/** Enqueues a body; the thread must have room for it. */
function given(n: number, pieces: readonly Uint8Array[], path = pathOf(n)): Promise<boolean> {
  return give(n, pieces, path) ?? expect.unreachable();
}

/** Enqueues a body; undefined if the queue is full. */
function give(n: number, pieces: readonly Uint8Array[], path = pathOf(n)): Promise<boolean> | undefined {
  let settle: (isWritten: boolean) => void = () => {};
  const told = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  return thread.enqueue(partOf(n), path, pieces, (isWritten) => settle(isWritten)) ? told : undefined;
}

it("the writer thread writes bodies of all sizes, in any number of pieces, under any name", async () => {
  const name = "naïve 文件 😀.html";
  expect(await give(1, [], pathOf(name))).toBe(true);
  expect(readFileSync(pathOf(name), "utf8")).toBe("");
  const pieces = [bodyOf(2, 1), new Uint8Array(0), bodyOf(3, 200_000), bodyOf(4, 7)];
  expect(await give(2, pieces)).toBe(true);
  expect(readFileSync(pathOf(2)).equals(Buffer.concat(pieces))).toBe(true);
  expect(readdirSync(join(folder, "parts"))).toEqual([]);
});

it("the writer thread copies bodies: the caller may overwrite them at once", async () => {
  const body = Buffer.from("mine");
  const told = give(1, [body]);
  body.fill("#");
  expect(await told).toBe(true);
  expect(readFileSync(pathOf(1), "utf8")).toBe("mine");
});

it("the ring buffer wraps around, and a body without room is refused until there is room", async () => {
  let refused = 0;
  const told: Promise<boolean>[] = [];
  const sizes = [0, 1, 99, 4096, 65_536, 200_000, 262_144];
  for (let n = 1; n <= 700; n++) {
    const body = bodyOf(n, (sizes[n % sizes.length] ?? 0) + (n % 13));
    let one = give(n, [body]);
    for (; one === undefined; one = give(n, [body])) {
      refused++;
      await told.shift();
    }
    told.push(one);
  }
  expect(new Set(await Promise.all(told))).toEqual(new Set([true]));
  expect(refused).toBeGreaterThan(0);
  for (let n = 1; n <= 700; n++) {
    const body = bodyOf(n, (sizes[n % sizes.length] ?? 0) + (n % 13));
    expect(readFileSync(pathOf(n)).equals(body), `${n}`).toBe(true);
  }
});

it("the writer thread's queue has at most 256 files, however small", async () => {
  const told: Promise<boolean>[] = [];
  for (let n = 1; n <= 1000; n++) {
    const one = give(n, [bodyOf(n, 10)]);
    if (one === undefined) break;
    told.push(one);
  }
  expect(told.length).toBe(256); // in one turn: nothing has been told of any yet
  expect(await Promise.all(told)).not.toContain(false);
});

it("the writer thread reports each file as written or not, and leaves no part of one that is not", async () => {
  mkdirSync(pathOf(2)); // a file cannot be renamed onto a folder
  const told = [1, 2].map((n) => given(n, [bodyOf(n, 10)])).concat(given(3, [bodyOf(3, 10)], join(folder, "no", "3")));
  expect(await Promise.all(told)).toEqual([true, false, false]);
  expect(readdirSync(join(folder, "parts"))).toEqual([]);
});

it("the writer thread creates its parts: an existing file in the place of one stays as it is", async () => {
  expect(await give(1, [bodyOf(1, 10)], partOf(2))).toBe(true);
  expect(await give(2, [Buffer.from("other")])).toBe(false);
  expect(readFileSync(partOf(2))).toEqual(bodyOf(1, 10));
  expect(existsSync(pathOf(2))).toBe(false);
});

it("a writer thread that ends reports all queued files as not written, and accepts no more", async () => {
  const told = [1, 2, 3, 4, 5].map((n) => given(n, [bodyOf(n, 100_000)]));
  thread.close();
  const results = await Promise.all(told);
  for (const [i, isWritten] of results.entries()) if (isWritten) expect(existsSync(pathOf(i + 1))).toBe(true);
  expect(results).toHaveLength(5);
  expect(give(6, [bodyOf(6, 10)])).toBe(undefined);
});

it("a stopped writer thread renames nothing more: each body has a complete file or none", async () => {
  const told = Array.from({ length: 200 }, (_, i) => given(i, [bodyOf(i, 5000)]));
  thread.stop();
  const written = await Promise.all(told);
  for (const [i, isWritten] of written.entries()) {
    expect(existsSync(pathOf(i))).toBe(isWritten);
    if (isWritten) expect(readFileSync(pathOf(i)).equals(bodyOf(i, 5000))).toBe(true);
  }
  expect(readdirSync(join(folder, "parts"))).toEqual([]);
  expect(await give(1000, [bodyOf(1, 10)])).toBe(false);
});

it("an abandoned writer thread reports all queued files at once, and each committed file is complete", async () => {
  const results: boolean[] = [];
  for (let i = 0; i < 200; i++) void given(i, [bodyOf(i, 5000)]).then((isWritten) => results.push(isWritten));
  expect(thread.abandon()).toBe(true);
  await Promise.resolve();
  expect(results).toHaveLength(200);
  expect(thread.abandon()).toBe(false);
  expect(give(1000, [bodyOf(1, 10)])).toBeUndefined();
  thread.close();
  await thread.idle();
  for (const file of readdirSync(folder)) {
    if (file !== "parts") expect(readFileSync(pathOf(file)).equals(bodyOf(Number(file), 5000))).toBe(true);
  }
});
