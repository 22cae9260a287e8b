// The progress of a library run by `view`, `onProgress` and `summary`, and the ways to leave a run early.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BulkgetError, bulkget, FolderError, OptionError, type Outcome, type Progress } from "../../../src/index.ts";
import { own, ownFolder, ownRudeServer } from "../../support/own.ts";
import { gate, host } from "../../support/rude/host.ts";

async function drained(run: AsyncIterable<Outcome>): Promise<void> {
  for await (const _ of run);
}

describe("the progress of a library run", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("is current in `view` before, during and after the run", async () => {
    const held = gate();
    const slow = own(
      await host((response, { path }) => {
        if (path === "/slow") held.pass(() => response.end("fine"));
        else response.writeHead(path === "/404" ? 404 : 200).end("fine");
      }),
    );
    const urls = ["/1", "/404", "/slow", "/4", "/5"].map((path) => `${slow.origin}${path}`);
    const run = bulkget(urls, { output: "memory", concurrency: 2 });
    expect(run.view).toMatchObject({ saved: 0, finished: 0, inFlight: 0, total: undefined, elapsedMs: 0 });
    const { view } = run;
    for (let seen = 0; seen < 4; seen++) await run.next();
    expect(view).toMatchObject({
      saved: 3,
      failed: 1,
      finished: 4,
      inFlight: 1,
      waiting: 0,
      concurrency: 2,
      bytes: 12,
    });
    expect(view).toMatchObject({ total: { jobs: 5, exact: true }, failures: { http_status: 1 } });
    held.open();
    await drained(run);
    const summary = await run.summary;
    expect(summary).toMatchObject({ saved: 4, failed: 1, finished: 5, inFlight: 0, bytes: 16, stopped: undefined });
    expect({ ...view, stopped: undefined }).toEqual(summary);
    expect(() => Object.assign(view, { saved: 1 })).toThrow(TypeError);
  });

  it("is passed to onProgress at most ten times a second, and once at the end", async () => {
    const calls: Progress[] = [];
    const atsMs: number[] = [];
    let isOver = false;
    const onProgress = (progress: Progress) => {
      expect(isOver).toBe(false);
      calls.push(progress);
      atsMs.push(performance.now() - beganMs);
    };
    const slow = own(await host((response) => void setTimeout(() => response.end("fine"), 20)));
    const urls = Array.from({ length: 30 }, (_, i) => `${slow.origin}/${i}`);
    const beganMs = performance.now();
    const run = bulkget(urls, { outputDir: folder.at("out"), concurrency: 1, onProgress });
    await drained(run);
    isOver = true;
    const last = calls.pop();
    const { stopped, ...summary } = await run.summary;
    expect(last).toEqual(summary);
    expect(stopped).toBe(undefined);
    expect(calls.length).toBeGreaterThan(2);
    for (const [i, atMs] of atsMs.entries()) if (i < calls.length) expect(i + 1).toBeLessThanOrEqual(atMs / 100);
  });

  it("ends the run with the error that onProgress throws", async () => {
    const stalled = [server.url("/stall-before")];
    for (const onProgress of [
      () => {
        throw new Error("not mine");
      },
      () => Promise.reject(new Error("not mine")),
    ] as (() => void)[]) {
      const run = bulkget(stalled, { outputDir: folder.at("out"), onProgress });
      await expect(drained(run)).rejects.toThrow("not mine");
      expect(await run.summary).toMatchObject({ stopped: "error" });
    }
    const run = bulkget([], { outputDir: folder.at("out") });
    await drained(run); // the folder is unlocked
  });

  it("has a `summary` also where the run is left early, stopped, or cannot start", async () => {
    const outputDir = folder.at("out");
    const urls = [server.url("/ok"), server.url("/stall-before")];
    const left = bulkget(urls, { outputDir });
    for await (const _ of left) break;
    expect(await left.summary).toMatchObject({ saved: 1, stopped: "request" });

    const late = bulkget([server.url("/stall-before")], { output: "memory", deadlineMs: 50 });
    await drained(late);
    expect(await late.summary).toMatchObject({ finished: 0, stopped: "deadline" });

    const aborted = bulkget(urls, { output: "memory", signal: AbortSignal.abort(new Error("no")) });
    await expect(drained(aborted)).rejects.toThrow("no");
    expect(await aborted.summary).toMatchObject({ finished: 0, stopped: "request" });

    const other = bulkget([server.url("/ok?seed=9")], { outputDir });
    await expect(drained(other)).rejects.toThrow(FolderError);
    expect(await other.summary).toMatchObject({ finished: 0, stopped: "error" });

    const unbegun = bulkget(urls, { output: "memory" });
    await unbegun.return();
    expect(await unbegun.summary).toMatchObject({ finished: 0, stopped: "request" });
    expect(await unbegun.next()).toEqual({ done: true, value: undefined });
  });
});

describe("a library run that is left early", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("while next() is pending ends at once", async () => {
    const run = bulkget([server.url("/stall-before")], { outputDir: folder.at("out") });
    const next = run.next();
    await expect.poll(() => server.stats.openRequests).toBe(1);
    expect(await run.return()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("by an abort while the folder is opened fetches nothing, and unlocks the folder", async () => {
    const outputDir = folder.at("out");
    const controller = new AbortController();
    const run = bulkget([server.url("/ok")], { outputDir, signal: controller.signal });
    const next = run.next();
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    expect(server.stats.requests).toBe(0);
    await drained(bulkget([server.url("/ok")], { outputDir }));
  });

  it("while its list is compared with the folder changes nothing in the folder", async () => {
    const outputDir = folder.at("out");
    const [a, b, c] = ["a", "b", "c"].map((seed) => server.url(`/ok?seed=${seed}`));
    await drained(bulkget([a, b, c] as string[], { outputDir }));
    const before = ["000001", "000002", "000003"].map((file) => readFileSync(folder.at("out", file), "utf8"));
    const controller = new AbortController();
    let stop = () => controller.abort(new Error("enough"));
    const moved = Object.defineProperty([c, a, b] as string[], 1, {
      get() {
        stop();
        return a;
      },
    });
    const aborted = bulkget(moved, { outputDir, signal: controller.signal });
    await expect(drained(aborted)).rejects.toThrow("enough");
    const left = bulkget(moved, { outputDir });
    stop = () => void left.return();
    await drained(left);
    expect(["000001", "000002", "000003"].map((file) => readFileSync(folder.at("out", file), "utf8"))).toEqual(before);
    expect(await left.summary).toMatchObject({ stopped: "request", finished: 0 });
    expect(server.stats.requests).toBe(3);
  });

  it("or that ends leaves no listener on its AbortSignal", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = function (this: AbortSignal, ...args: Parameters<typeof addEventListener>) {
      listeners++;
      return addEventListener.apply(this, args);
    } as typeof addEventListener;
    signal.removeEventListener = function (this: AbortSignal, ...args: Parameters<typeof removeEventListener>) {
      listeners--;
      return removeEventListener.apply(this, args);
    } as typeof removeEventListener;
    for (let i = 0; i < 3; i++) await drained(bulkget([server.url("/ok")], { output: "memory", signal }));
    expect(listeners).toBe(0);
  });
});

describe("the output folder", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("is not locked by a call with unusable options, or without a loop", async () => {
    const outputDir = folder.at("out");
    expect(() => bulkget([], { outputDir, concurrency: Number.NaN })).toThrow(OptionError);
    bulkget([server.url("/ok")], { outputDir });
    expect(existsSync(outputDir)).toBe(false);
    await drained(bulkget([server.url("/ok")], { outputDir }));
    await drained(bulkget([server.url("/ok")], { outputDir }));
  });

  it("is unlocked after a custom `order` function has thrown", async () => {
    const outputDir = folder.at("out");
    const urls = [..."abcdef"].map((name) => server.url("/ok").replace("127.0.0.1", `${name}.localhost`));
    for (const order of [
      () => {
        throw new Error("not mine");
      },
      () => undefined,
      async () => ({ host: "x" }),
    ] as unknown as (() => never)[]) {
      await expect(drained(bulkget(urls, { outputDir, order, rate: 20, retries: 0 }))).rejects.toThrow(Error);
    }
    await drained(bulkget(urls, { outputDir, retries: 0 }));
  });
});

it("the library's error classes extend Error", () => {
  for (const one of [BulkgetError, FolderError, OptionError]) expect(one.prototype).toBeInstanceOf(Error);
});
