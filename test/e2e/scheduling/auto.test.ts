// `-c auto` against servers with a fixed capacity and delay, so that the speed of the test machine decides nothing.

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/bulkget.ts";
import { own, ownFolder } from "../../support/own.ts";
import { type Host, host } from "../../support/rude/host.ts";

const folder = ownFolder();

/** Serves `workers` requests at a time, each in `ms`; further requests queue, or are refused with 503. */
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
  const ran = await folder.runProcess(["urls.txt", "-c", "auto"]);
  const found = /^auto {4}(\d+) at a time: (.+)$/m.exec(ran.stderr);
  return { ...ran, found: Number(found?.[1]), reason: found?.[2] };
}

describe("-c auto", () => {
  it("settles near the number of requests that a server handles at a time, and reports it", async () => {
    const { origin } = await serve(10, 100, "queue");
    const { code, stderr, found, reason } = await run(origin, 800);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^saved {3}800 /m);
    // Wide limits, for a busy machine looks like a slower server: 4 is the least without refusals; adaptive.test.ts tests the accuracy.
    expect(found).toBeGreaterThanOrEqual(4);
    expect(found).toBeLessThanOrEqual(64);
    expect(reason).toMatch(/were no faster|too short/);
  });

  it("exceeds 50 requests at a time where that is faster", async () => {
    const one = await serve(1000, 300, "queue");
    const { code, stderr } = await run(one.origin, 1500);
    expect(code, stderr).toBe(0);
    expect(one.peakOpen).toBeGreaterThan(50);
    expect(one.peakOpen).toBeLessThanOrEqual(512);
  });

  it("stays below the number at which a server refuses, and loses no URL", async () => {
    const one = await serve(12, 100, "refuse");
    const { code, stderr, found } = await run(one.origin, 600);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^saved {3}600 /m);
    expect(found).toBeLessThanOrEqual(13);
    expect(one.asked.length).toBeLessThan(700);
  });

  it("obeys --per-host, and reports that something else limits the concurrency", async () => {
    const one = await serve(1000, 100, "queue");
    writeFileSync(folder.at("urls.txt"), Array.from({ length: 400 }, (_, i) => `${one.origin}/${i}`).join("\n"));
    const { stderr, code } = await folder.runProcess(["urls.txt", "-c", "auto", "--per-host", "4"]);
    expect(code, stderr).toBe(0);
    expect(one.peakOpen).toBe(4);
    expect(stderr).toMatch(/^auto {4}8 at a time: the list, a rate or its hosts keep fewer busy$/m);
  });
});

it('the library accepts concurrency: "auto"', async () => {
  const one = await serve(1000, 20, "queue");
  const urls = Array.from({ length: 100 }, (_, i) => `${one.origin}/${i}`);
  let saved = 0;
  for await (const { outcome } of bulkget(urls, { output: "memory", concurrency: "auto" })) {
    if (outcome === "saved") saved++;
  }
  expect(saved).toBe(100);
});
