// A fleet whose workers and whose Redis are killed, stopped and emptied: one record a line, right bytes, nothing left over.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { ownFolder, ownSite } from "../../support/own.ts";
import { expectWhole, type OwnFleet, ownFleet, resultsOf } from "../../support/servers/fleet.ts";
import { noRedis } from "../../support/servers/redis.ts";
import { type Answer, pageOf } from "../../support/site.ts";

/** The shortest lease: a killed worker's chunk is another's after it. */
const LEASE = ["--lease", "3s"];
const LINES = 60;
const HELD = "/page-35.txt";
const PATIENCE = { timeout: 60_000, interval: 20 };

describe.skipIf(noRedis !== undefined)("a fleet", () => {
  const server = ownSite();
  const folder = ownFolder();
  const pathOf = (n: number) => `/page-${n}.txt`;
  let release = () => {};

  const asked: string[] = [];

  /** Enqueues 6 chunks; the answer to one line of the fourth is held back until `release` is called. */
  const enqueue = async (fleet: OwnFleet) => {
    asked.length = 0;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held: Answer = (_, response) =>
      void released.then(() => response.setHeader("content-type", "text/plain").end(pageOf(HELD)));
    server.answers.set(HELD, held);
    folder.list(Array.from({ length: LINES }, (_, i) => server.url(pathOf(i + 1))));
    const ran = await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    expect(ran.code).toBe(0);
  };
  const untilHeld = () =>
    vi.waitFor(() => {
      asked.push(...server.asked());
      expect(asked).toContain(HELD);
    }, PATIENCE);

  it("goes on after kill -9 of a worker", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const worker = fleet.worker(LEASE);
    await untilHeld();
    worker.kill("SIGKILL");
    await worker.ended;
    release();
    expect((await fleet.work(LEASE)).code).toBe(0);
    expectWhole(folder.at("out"), LINES, pathOf);
  });

  it("goes on while a worker is stopped, which commits nothing when it continues after its lease", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const worker = fleet.worker(LEASE);
    await untilHeld();
    worker.kill("SIGSTOP");
    release();
    expect((await fleet.work(LEASE)).code).toBe(0);
    const before = readFileSync(folder.at("out/results/000/000004.jsonl"), "utf8");
    worker.kill("SIGCONT");
    await vi.waitFor(() => expectWhole(folder.at("out"), LINES, pathOf), PATIENCE);
    expect(readFileSync(folder.at("out/results/000/000004.jsonl"), "utf8")).toBe(before);
  });

  it("goes on after kill -9 of Redis with an append-only file", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const worker = fleet.worker(LEASE);
    await untilHeld();
    await fleet.redis.killAndRestart();
    release();
    expect((await fleet.work(LEASE)).code).toBe(0);
    expectWhole(folder.at("out"), LINES, pathOf);
    worker.kill("SIGTERM");
    expect((await worker.ended).signal).toBe("SIGTERM");
  });

  it("loses nothing when Redis forgets everything: enqueue adds what has no results", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const worker = fleet.worker(LEASE);
    await untilHeld();
    await fleet.redis.send("FLUSHALL");
    release();
    const again = await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    expect(again.stderr).toMatch(/[2-4] of 6 chunks are in the queue \(60 lines\); [2-4] have results already\n/);
    expect((await fleet.work(LEASE)).code).toBe(0);
    await vi.waitFor(() => expectWhole(folder.at("out"), LINES, pathOf), PATIENCE);
    worker.kill("SIGTERM");
    expect((await worker.ended).signal).toBe("SIGTERM");
  });

  it("gives a chunk back at SIGTERM with what is done of it", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const worker = fleet.worker();
    await untilHeld();
    // All other lines of the chunk have been answered.
    await vi.waitFor(() => {
      const [name = ""] = readdirSync(folder.at("out/.bulkget")).filter((one) => one.startsWith("c000004"));
      expect(readFileSync(folder.at("out/.bulkget", name, "results.jsonl"), "utf8").split("\n")).toHaveLength(10);
    }, PATIENCE);
    worker.kill("SIGTERM");
    const ended = await worker.ended;
    expect(ended.signal).toBe("SIGTERM");
    expect(existsSync(folder.at("out/.bulkget/c000004"))).toBe(true);
    release();
    server.asked();
    const second = await fleet.work();
    expect(second.stderr).toContain("c000004: 10 lines done, 0 failed");
    expect(server.asked()).toEqual([HELD, ...Array.from({ length: 20 }, (_, i) => pathOf(41 + i))].sort());
    expectWhole(folder.at("out"), LINES, pathOf);
  });

  it.skipIf(!existsSync("/proc/self/stat"))("tries a chunk again whose process died", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const worker = fleet.worker(["--until-done"]);
    await untilHeld();
    const [child] = childrenOf(worker.pid);
    expect(child).toBeGreaterThan(1);
    if (child !== undefined) process.kill(child, "SIGKILL");
    release();
    const ended = await worker.ended;
    expect(ended.stderr).toContain("c000004: its process ended: SIGKILL; another try follows");
    expectWhole(folder.at("out"), LINES, pathOf);
  });

  it("shows all of this in watch, which can be started at any time", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const watching = (more: readonly string[] = []) =>
      folder.runProcess(["watch", "--queue", fleet.redis.url, "--progress", "plain", ...more]);
    const first = watching(["-o", "out"]);
    const worker = fleet.worker(LEASE);
    await untilHeld();
    release();
    const ended = await first;
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain(`saved   ${LINES} (`);
    const again = await watching();
    expect(again.stderr.split("\n").slice(0, 2)).toEqual(ended.stderr.split("\n").slice(0, 2));
    worker.kill("SIGTERM");
    await worker.ended;
    await fleet.redis.send("FLUSHALL");
    await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    const after = await watching();
    expect(after.stderr).toContain(`saved   ${LINES} (`);
    expect(resultsOf(folder.at("out"))).toHaveLength(LINES);
  });
});

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
        return Number(parent) === pid;
      } catch {
        return false; // it has ended
      }
    })
    .map(Number);
}
