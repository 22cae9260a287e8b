// The library: outcomes in order of completion, input pulled only as slots become free, no leaked resources.

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bulkget, type Outcome } from "../../../src/index.ts";
import { filesOf, recordsOf } from "../../support/command.ts";
import { own, ownFolder, ownRudeServer } from "../../support/own.ts";
import { gate, host } from "../../support/rude/host.ts";
import { body } from "../../support/rude.ts";

describe("bulkget()", () => {
  const server = ownRudeServer();
  const folder = ownFolder();
  const outputDir = () => folder.at("out");

  it("yields outcomes in order of completion, failures among them", async () => {
    const [one, three] = [gate(), gate()];
    const held = own(
      await host((response, { path }) => {
        if (path === "/2") response.writeHead(404).end();
        else (path === "/1" ? one : three).pass(() => response.end("fine\n"));
      }),
    );
    const urls = [`${held.origin}/1`, `${held.origin}/2`, new URL(`${held.origin}/3`)];
    const order: number[] = [];
    for await (const { n } of bulkget(urls, { outputDir: outputDir() })) {
      order.push(n);
      (n === 2 ? three : one).open(); // each response is released after the outcome before it
    }
    expect(order).toEqual([2, 3, 1]);
    expect(filesOf(outputDir())).toEqual(["000001", "000003"]);
    expect(recordsOf(outputDir()).size).toBe(3);
  });

  it("accepts the path of a list with file names", async () => {
    const list = folder.at("list.txt");
    writeFileSync(list, `${server.url("/ok")}\tmine.bin\n`);
    for await (const { outcome } of bulkget(list, { outputDir: outputDir() })) expect(outcome).toBe("saved");
    expect(filesOf(outputDir())).toEqual(["mine.bin"]);
  });

  it("accepts a URL in the place of a list, and resumes it", async () => {
    const outcomes: string[] = [];
    for (let run = 0; run < 2; run++)
      for await (const { n, outcome } of bulkget(server.url("/ok"), { outputDir: outputDir() }))
        outcomes.push(`${n} ${outcome}`);
    expect(outcomes).toEqual(["1 saved"]);
    expect(filesOf(outputDir())).toEqual(["000001"]);
  });

  it('returns bodies up to maxFilesize with output: "memory", and writes no file', async () => {
    const urls = ["/ok?bytes=1000", "/big?mib=2", "/big?mib=3", "/empty"].map((path) => server.url(path));
    const bodies = new Map<number, number | string>();
    for await (const outcome of bulkget(urls, { output: "memory", maxFilesize: 2 * 1_048_576 })) {
      if (outcome.outcome === "saved") {
        const { length } = outcome.body;
        expect(Buffer.from(outcome.body).equals(body(length))).toBe(true);
        bodies.set(outcome.n, length);
      } else if (outcome.outcome === "failed") bodies.set(outcome.n, outcome.error);
    }
    expect([...bodies].sort()).toEqual([
      [1, 1000],
      [2, 2 * 1_048_576],
      [3, "too_large"],
      [4, 0],
    ]);
    expect(filesOf(folder.path)).toEqual([]);
  });

  it("pulls an async generator only as slots become free", async () => {
    let pulled = 0;
    let taken = 0;
    async function* producing() {
      for (; pulled < 50; ) {
        pulled++;
        // Pulled items are under way, or done and not yet taken: never more than the slots and one.
        expect(pulled - taken).toBeLessThanOrEqual(5);
        yield server.url(`/ok?seed=${pulled}`);
      }
    }
    for await (const outcome of bulkget(producing(), { concurrency: 4, output: "memory" })) {
      expect(outcome.outcome).toBe("saved");
      taken++;
    }
    expect([pulled, taken]).toEqual([50, 50]);
  });

  it("accepts a generator that waits for outcomes before it continues", async () => {
    const seen: string[] = [];
    let wake = () => {};
    async function* crawl() {
      yield server.url("/ok?seed=1");
      while (seen.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      yield server.url("/ok?seed=2");
    }
    for await (const { url } of bulkget(crawl(), { output: "memory" })) {
      seen.push(url);
      wake();
    }
    expect(seen).toEqual([server.url("/ok?seed=1"), server.url("/ok?seed=2")]);
  });

  it("stops all requests and closes the generator on break", async () => {
    let returned = false;
    function* endless() {
      try {
        for (let i = 0; ; i++) yield server.url(i === 0 ? "/ok" : `/stall-before?i=${i}`);
      } finally {
        returned = true;
      }
    }
    for await (const outcome of bulkget(endless(), { concurrency: 5, outputDir: outputDir() })) {
      expect(outcome.n).toBe(1);
      break;
    }
    expect(returned).toBe(true);
    expect(filesOf(outputDir())).toEqual(["000001"]);
  });

  it("ends the loop with the reason of an AbortSignal, also while the source waits forever", async () => {
    async function* silent() {
      yield server.url("/stall-before");
      await new Promise(() => {});
    }
    const controller = new AbortController();
    const all: Outcome[] = [];
    const loop = (async () => {
      for await (const outcome of bulkget(silent(), { output: "memory", signal: controller.signal })) all.push(outcome);
    })();
    await expect.poll(() => server.stats.openRequests).toBe(1);
    controller.abort(new Error("enough"));
    await expect(loop).rejects.toThrow("enough");
    expect(all).toEqual([]);
  });

  it("starts nothing where its signal is already aborted", async () => {
    const loop = bulkget([server.url("/ok")], { outputDir: outputDir(), signal: AbortSignal.abort(new Error("no")) });
    await expect(loop.next()).rejects.toThrow("no");
    expect(server.stats.requests).toBe(0);
  });

  it("ends the loop with the error of its iterable, after the outcomes of earlier items", async () => {
    function* broken() {
      yield server.url("/ok");
      throw new Error("no more");
    }
    const all: Outcome[] = [];
    const loop = (async () => {
      for await (const outcome of bulkget(broken(), { output: "memory" })) all.push(outcome);
    })();
    await expect(loop).rejects.toThrow("no more");
    expect(all.map(({ outcome }) => outcome)).toEqual(["saved"]);
  });

  it("resumes in a folder of its list, refuses a folder of another list, and starts over with force", async () => {
    const again = async (paths: readonly string[], force = false) => {
      const outcomes: Outcome[] = [];
      const urls = paths.map((path) => server.url(path));
      for await (const outcome of bulkget(urls, { outputDir: outputDir(), force })) outcomes.push(outcome);
      return outcomes.map(({ n, outcome }) => `${n} ${outcome}`);
    };
    expect(await again(["/ok?seed=1"])).toEqual(["1 saved"]);
    expect(await again(["/ok?seed=1", "/ok?seed=2"])).toEqual(["2 saved"]);
    await expect(again(["/ok?seed=3"])).rejects.toThrow(/holds the run of another list/);
    expect(await again(["/ok?seed=3"], true)).toEqual(["1 saved"]);
  });

  it("ends the loop with an error where its folder is removed during the run", async () => {
    const { rmSync } = await import("node:fs");
    const loop = async () => {
      const urls = [server.url("/ok"), server.url("/ok?seed=2")];
      for await (const outcome of bulkget(urls, { outputDir: outputDir(), concurrency: 1 })) {
        if (outcome.n === 2) expect(outcome).toMatchObject({ error: "write_failed" });
        rmSync(outputDir(), { recursive: true, force: true });
      }
    };
    await expect(loop()).rejects.toThrow(/was moved or removed while the run was on/);
  });

  it("leaves no timer and no connection open", async () => {
    const before = process.getActiveResourcesInfo().length;
    for (let i = 0; i < 5; i++) {
      for await (const _ of bulkget(
        Array.from({ length: 20 }, () => server.url("/ok")),
        { output: "memory" },
      ));
    }
    await expect.poll(() => server.stats.openConnections).toBe(0);
    await expect.poll(() => process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 1);
  });
});
