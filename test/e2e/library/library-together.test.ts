// Many library runs in one process share nothing while they run in parallel, and leak nothing.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BulkgetOptions, bulkget, LockedError, type Outcome } from "../../../src/index.ts";
import { filesOf, ROOT, recordsOf, shell } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { host } from "../../support/rude/host.ts";

interface Asked {
  readonly agent: string;
  readonly path: string;
  readonly cookie: string | undefined;
  readonly socket: object | null;
  readonly atMs: number;
}

/** Sets a cookie with the client's user agent, and disallows /private for the user agent "polite". */
async function site() {
  const asked: Asked[] = [];
  const server = own(
    await host((response, { path, headers }) => {
      const agent = headers["user-agent"] ?? "";
      asked.push({ agent, path, cookie: headers.cookie, socket: response.socket, atMs: performance.now() });
      if (path === "/robots.txt") response.end("User-agent: polite\nDisallow: /private\n");
      else response.writeHead(200, { "set-cookie": `mine=${agent}` }).end(`${agent} ${path}`);
    }),
  );
  return { origin: server.origin, asked };
}

describe("twenty parallel library runs", () => {
  const folder = ownFolder();

  it("have their own cookies, connections, robots.txt, headers, folders and ways to end", async () => {
    const { origin, asked } = await site();
    const urls = Array.from({ length: 8 }, (_, i) => `${origin}/${i === 3 ? "private" : i}`);
    const optionsOf = (i: number): BulkgetOptions => ({
      userAgent: i % 2 === 0 ? `polite/${i}` : `run/${i}`,
      cookie: "",
      robots: i % 2 === 0,
      concurrency: 2,
      retries: 0,
      publicOnly: i === 5,
      ...(i % 4 < 2 ? { output: "memory" } : { outputDir: folder.at(`${i}`) }),
    });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const all: Outcome[] = [];
        const controller = new AbortController();
        const items = urls.map((url) => ({ url, data: i }));
        try {
          for await (const outcome of bulkget(items, { ...optionsOf(i), signal: controller.signal })) {
            all.push(outcome);
            expect(outcome.data).toBe(i);
            if (i === 7) controller.abort(new Error("only seven"));
            if (i === 9) throw new Error("only nine");
            if (i === 11) break;
          }
        } catch (error) {
          expect([7, 9]).toContain(i);
          expect(error).toMatchObject({ message: i === 7 ? "only seven" : "only nine" });
        }
        return all;
      }),
    );
    const agents = new Map<object | null, string>();
    for (const { agent, cookie, path, socket } of asked) {
      expect(agents.get(socket) ?? agent).toBe(agent);
      agents.set(socket, agent);
      if (cookie !== undefined) expect(cookie).toBe(`mine=${agent}`);
      if (path === "/private" || path === "/robots.txt") expect(agent.startsWith("run/")).toBe(path === "/private");
    }
    for (const [i, all] of outcomes.entries()) {
      if ([7, 9, 11].includes(i)) expect(all).toHaveLength(1);
      else if (i === 5) for (const one of all) expect(one).toMatchObject({ error: "blocked_address" });
      else {
        const sorted = all.sort((one, other) => one.n - other.n).map(({ outcome }) => outcome);
        expect(sorted).toEqual(urls.map((_, n) => (n === 3 && i % 2 === 0 ? "skipped" : "saved")));
        if (i % 4 >= 2) {
          expect(recordsOf(folder.at(`${i}`)).size).toBe(urls.length);
          for (const file of filesOf(folder.at(`${i}`)))
            expect(readFileSync(folder.at(`${i}`, file), "utf8")).toContain(`/${i} `);
        }
      }
    }
  });

  it("each keep their own rate, and only one at a time locks a folder", async () => {
    const { origin, asked } = await site();
    const urls = Array.from({ length: 6 }, (_, i) => `${origin}/${i}`);
    const started = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const run = bulkget(urls, { output: "memory", hostRate: 10, rate: 10 });
        for await (const _ of run);
        return (await run.summary).elapsedMs;
      }),
    );
    for (const elapsedMs of started) expect(elapsedMs).toBeGreaterThanOrEqual(490); // the first start is immediate, the others follow at 100 ms each
    // A shared rate would put 100 ms between any two requests.
    const together = asked.filter(({ atMs }, i) => i > 0 && atMs - (asked[i - 1]?.atMs ?? 0) < 50);
    expect(together.length).toBeGreaterThan(10);
    asked.length = 0;
    const outputDir = folder.at("one");
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, async () => {
        for await (const _ of bulkget(urls, { outputDir, hostRate: 100 }));
      }),
    );
    for (const one of results) if (one.status === "rejected") expect(one.reason).toBeInstanceOf(LockedError);
    // A run that locks the folder after the first one finds nothing to do.
    expect(asked.map(({ path }) => path).sort()).toEqual(urls.map((url) => new URL(url).pathname));
  });
});

describe("hundreds of library runs", () => {
  it("leak no memory, file descriptor, thread, handle or listener", async () => {
    const program = join(ROOT, "dist/test/bench/runs.js");
    const { code, stdout, stderr } = await shell(`"${process.execPath}" --expose-gc "${program}" 400`, { cwd: ROOT });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = stdout
      .trim()
      .split("\n")
      .slice(1)
      .map((row) => row.trim().split(/ +/).map(Number));
    const [first = [], last = []] = [rows.find(([runs]) => runs === 100), rows.at(-1)];
    expect([first[0], last[0]]).toEqual([100, 400]);
    const [heapMb = 0, files = 0, threads = 0, resources = 0, listeners = 0] = [1, 4, 5, 6, 7].map(
      (column) => (last[column] ?? 0) - (first[column] ?? 0),
    );
    // Code that V8 compiles meanwhile takes 0.5 MB; one retained object per run would make 300.
    expect(heapMb).toBeLessThan(3);
    for (const more of [files, threads, resources, listeners]) expect(more).toBeLessThan(30);
  }, 300_000);
});
