// `-c auto` on real servers, whose delays decide and not the machine: one that serves so many at a time, one that refuses.

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../src/bulkget.ts";
import { own, ownFolder } from "../support/own.ts";
import { type Host, host } from "../support/rude/host.ts";

const folder = ownFolder();

/** Serves so many at a time, each for so long; the others queue, or are refused. */
async function serve(workers: number, ms: number, others: "queue" | "refuse"): Promise<Host> {
  const queue: (() => void)[] = [];
  let busy = 0;
  const server = await host((response) => {
    const work = () => {
      busy++;
      setTimeout(() => {
        busy--;
        response.end("fine\n");
        queue.shift()?.();
      }, ms);
    };
    if (busy < workers) work();
    else if (others === "queue") queue.push(work);
    else response.writeHead(503).end();
  });
  return own(server);
}

async function run(origin: string, urls: number) {
  writeFileSync(folder.at("urls.txt"), Array.from({ length: urls }, (_, i) => `${origin}/${i}`).join("\n"));
  const ran = await folder.run(["urls.txt", "-c", "auto"]);
  const found = /^auto {4}(\d+) at a time: (.+)$/m.exec(ran.stderr);
  return { ...ran, found: Number(found?.[1]), reason: found?.[2] };
}

describe("-c auto", () => {
  it("settles near what a server can do at a time, and says so", async () => {
    const { origin } = await serve(10, 100, "queue");
    const { code, stderr, found, reason } = await run(origin, 800);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^saved {3}800 /m);
    // How near is what test/policy/concurrency/adaptive.test.ts shows: this machine may be busy, which looks like a slower server.
    expect(found).toBeGreaterThanOrEqual(4);
    expect(found).toBeLessThanOrEqual(64);
    expect(reason).toMatch(/were no faster|too short/);
  });

  it("goes past 50 where that is faster", async () => {
    const one = await serve(1000, 300, "queue");
    const { code, stderr } = await run(one.origin, 1500);
    expect(code, stderr).toBe(0);
    expect(one.peakOpen).toBeGreaterThan(50);
    expect(one.peakOpen).toBeLessThanOrEqual(512);
  });

  it("stays below what a server refuses, and loses no URL to it", async () => {
    const one = await serve(12, 100, "refuse");
    const { code, stderr, found } = await run(one.origin, 600);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^saved {3}600 /m);
    expect(found).toBeLessThanOrEqual(13);
    expect(one.asked.length).toBeLessThan(700);
  });

  it("keeps to --per-host, and says that something else holds it up", async () => {
    const one = await serve(1000, 100, "queue");
    writeFileSync(folder.at("urls.txt"), Array.from({ length: 400 }, (_, i) => `${one.origin}/${i}`).join("\n"));
    const { stderr, code } = await folder.run(["urls.txt", "-c", "auto", "--per-host", "4"]);
    expect(code, stderr).toBe(0);
    expect(one.peakOpen).toBe(4);
    expect(stderr).toMatch(/^auto {4}8 at a time: the list, a rate or its hosts keep fewer busy$/m);
  });
});

it('concurrency: "auto" is for programs, too', async () => {
  const one = await serve(1000, 20, "queue");
  const urls = Array.from({ length: 100 }, (_, i) => `${one.origin}/${i}`);
  let saved = 0;
  for await (const { outcome } of bulkget(urls, { output: "memory", concurrency: "auto" })) {
    if (outcome === "saved") saved++;
  }
  expect(saved).toBe(100);
});
