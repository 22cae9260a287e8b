// A fleet that writes archives, or into an object store: one record a line, and what it names is there with the right bytes.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { type OwnFleet, ownFleet, resultsOf } from "../../support/servers/fleet.ts";
import { noRedis } from "../../support/servers/redis.ts";
import { type S3Stub, s3Stub } from "../../support/servers/s3-stub.ts";
import { storeEnv } from "../../support/servers/store-env.ts";
import { type Answer, pageOf } from "../../support/site.ts";

const LEASE = ["--lease", "3s"];
const LINES = 60;
const PATIENCE = { timeout: 60_000, interval: 20 };
const pathOf = (n: number) => `/page-${n}.txt`;
const HELD = pathOf(35);

describe.skipIf(noRedis !== undefined)("a fleet", () => {
  const server = ownSite();
  const folder = ownFolder();
  let fleet: OwnFleet;
  let release = () => {};

  const listOf = (lines: number) => folder.list(Array.from({ length: lines }, (_, i) => server.url(pathOf(i + 1))));
  /** The answer to one line of the fourth chunk is held back until `release` is called. */
  const hold = () => {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held: Answer = (_, response) =>
      void released.then(() => response.setHeader("content-type", "text/plain").end(pageOf(HELD)));
    server.answers.set(HELD, held);
  };
  const asked: string[] = [];
  const untilHeld = (times = 1) =>
    vi.waitFor(() => {
      asked.push(...server.asked());
      expect(asked.filter((path) => path === HELD)).toHaveLength(times);
    }, PATIENCE);

  /** Ends a worker by a signal while an answer to its fourth chunk is held back, and then lets that be answered. */
  async function endedWhileHeld(enqueue: () => Promise<unknown>, signal: NodeJS.Signals, args: readonly string[] = []) {
    listOf(LINES);
    hold();
    await enqueue();
    const worker = fleet.worker(args);
    await untilHeld();
    worker.kill(signal);
    await worker.ended;
    release();
  }

  describe.each(["tar", "warc"])("with --format %s", (format) => {
    const enqueue = (...args: readonly string[]) =>
      fleet.enqueue(["urls.txt", "-o", "out", "--format", format, "--chunk", "10", ...args]);

    beforeEach(async () => {
      asked.length = 0;
      fleet = await ownFleet(folder);
    });

    /** Expects that the bodies of all lines can be read, and that there are no archives but those that records name. */
    async function expectBodies(lines: number): Promise<void> {
      const records = resultsOf(folder.at("out"));
      expect(records.map(({ n, outcome }) => [n, outcome])).toEqual(
        Array.from({ length: lines }, (_, i) => [i + 1, "saved"]),
      );
      const numbers = records.map(({ n }) => String(n));
      const ran = await folder.run(["extract", "out", ...numbers, "--output", "bodies/"]);
      expect(ran.code, ran.stderr).toBe(0);
      for (const { n } of records)
        expect(readFileSync(folder.at(`bodies/${String(n).padStart(6, "0")}.txt`)).equals(pageOf(pathOf(n)))).toBe(
          true,
        );
      const named = new Set(records.map((record) => (record as { readonly shard?: string }).shard));
      const names = readdirSync(folder.at("out")).filter((name) => /^\d/.test(name));
      expect(names.filter((name) => !name.endsWith(".cdxj")).toSorted()).toEqual([...named].toSorted());
      expect(names.filter((name) => name.endsWith(".cdxj"))).toHaveLength(format === "warc" ? named.size : 0);
      expect(readdirSync(folder.at("out/.bulkget"))).toEqual(["fleet.json"]);
    }

    it("writes the archives of each chunk under names of its own", async () => {
      listOf(25);
      expect((await enqueue("--shard-count", "4")).code).toBe(0);
      const worked = await fleet.work(["-w", "2"]);
      expect(worked.code, worked.stderr).toBe(0);
      await expectBodies(25);
      expect(readdirSync(folder.at("out"))).toContain(`00002.c000001-1.${format === "tar" ? "tar" : "warc.gz"}`);
      const other = await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
      expect(other.stderr).toContain(`the folder holds another run of a fleet: it holds ${format}`);
    });

    it("leaves no archive of a worker that was killed", async () => {
      await endedWhileHeld(enqueue, "SIGKILL", LEASE);
      expect((await fleet.work(LEASE)).code).toBe(0);
      await expectBodies(LINES);
    });

    it("goes on with the archives of a chunk that was given back", async () => {
      await endedWhileHeld(() => enqueue("--shard-count", "3"), "SIGTERM");
      server.asked();
      expect((await fleet.work()).code).toBe(0);
      expect(server.asked().filter((path) => path !== HELD)).toEqual(
        Array.from({ length: 20 }, (_, i) => pathOf(41 + i)).sort(),
      );
      await expectBodies(LINES);
    });
  });

  describe("into an object store", () => {
    let store: S3Stub;

    beforeEach(async () => {
      asked.length = 0;
      store = own(await s3Stub());
      fleet = await ownFleet(folder, [], storeEnv(store));
    });

    const enqueue = (...args: readonly string[]) =>
      fleet.enqueue(["urls.txt", "-o", "s3://books/a/b", "--chunk", "10", ...args]);
    const recordsIn = () =>
      [...store.objects]
        .filter(([key]) => /^a\/b\/results\/\d{3}\/\d{6}\.jsonl$/.test(key))
        .flatMap(([, { body }]) => body.toString().trimEnd().split("\n"))
        .map((line) => JSON.parse(line) as Outcome)
        .sort((a, b) => a.n - b.n);

    /** Expects one record for each line, and the right bytes under the name in it. `others`: how many objects nothing names. */
    function expectObjects(lines: number, others = 0): void {
      const records = recordsIn();
      expect(records.map(({ n, outcome }) => [n, outcome])).toEqual(
        Array.from({ length: lines }, (_, i) => [i + 1, "saved"]),
      );
      const named = new Set<string>();
      for (const { n, file } of records) {
        expect(file).toMatch(/^c\d{6}-[0-9a-f]{8}\/\d{6}\.txt$/);
        named.add(`a/b/${file}`);
        expect(store.objects.get(`a/b/${file}`)?.body.equals(pageOf(pathOf(n)))).toBe(true);
      }
      const bodies = [...store.objects.keys()].filter((key) => /^a\/b\/c\d/.test(key));
      expect(bodies.filter((key) => !named.has(key))).toHaveLength(others);
      expect(store.uploads.size).toBe(0);
    }

    it("puts each body under the name that its record has, and the results of each chunk", async () => {
      listOf(25);
      const large = Buffer.alloc(20_000_000, "large ");
      server.answers.set(pathOf(7), (_, response) => void response.end(large));
      const enqueued = await enqueue();
      expect(enqueued.stderr).toContain("s3://books/a/b: run ");
      expect(enqueued.stderr).not.toContain("If-None-Match");
      const worked = await fleet.work(["-w", "2"]);
      expect(worked.code, worked.stderr).toBe(0);
      const file = recordsIn().find(({ n }) => n === 7)?.file;
      expect(store.objects.get(`a/b/${file}`)?.body.equals(large)).toBe(true);
      store.objects.set(`a/b/${file}`, { body: pageOf(pathOf(7)), type: undefined });
      const report = await folder.run(["report", "s3://books/a/b", "--json"], { env: storeEnv(store) });
      expect(JSON.parse(report.stdout)).toMatchObject({ counts: { urls: 25, saved: 25 } });
      expect(readdirSync(folder.at(".bulkget"), { recursive: true })).toHaveLength(1); // the folder of the run
      expect(existsSync(folder.at("out"))).toBe(false);
    });

    it("does again only what has no results, and verifies what is there", async () => {
      listOf(30);
      await enqueue();
      await fleet.work();
      expectObjects(30);
      const verified = await folder.run(["report", "s3://books/a/b", "--verify"], { env: storeEnv(store) });
      expect(verified.code, verified.stderr).toBe(0);
      const extracted = await folder.run(["extract", "s3://books/a/b", "17"], { env: storeEnv(store) });
      expect([extracted.code, extracted.stdout]).toEqual([0, String(pageOf(pathOf(17)))]);
      store.objects.delete("a/b/results/000/000002.jsonl");
      const again = await enqueue();
      expect(again.stderr).toContain("1 of 3 chunks are in the queue (30 lines); 2 have results already\n");
      server.asked();
      await fleet.work();
      expect(server.asked()).toHaveLength(10);
      const watched = await folder.runProcess(["watch", "--queue", fleet.redis.url, "-o", "s3://books/a/b/"], {
        env: storeEnv(store),
      });
      expect(watched.stderr).toContain("saved   30 (");
      const plain = await folder.run(["urls.txt", "-o", "s3://books/a/b"], { env: storeEnv(store) });
      expect(plain.code).toBe(2);
    });

    it("removes the objects of a worker that was killed", async () => {
      await endedWhileHeld(enqueue, "SIGKILL", LEASE);
      expect((await fleet.work([...LEASE, "--state", "elsewhere"])).code).toBe(0);
      expectObjects(LINES);
    });

    it("goes on with a chunk that was given back on the same machine", async () => {
      await endedWhileHeld(enqueue, "SIGTERM");
      server.asked();
      expect((await fleet.work()).code).toBe(0);
      expect(server.asked()).toHaveLength(21);
      expectObjects(LINES);
    });

    it("puts archives, and those of a killed worker are in no record", async () => {
      await endedWhileHeld(() => enqueue("--format", "tar", "--shard-count", "4"), "SIGKILL", LEASE);
      expect((await fleet.work(LEASE)).code).toBe(0);
      expect(recordsIn().map(({ n }) => n)).toEqual(Array.from({ length: LINES }, (_, i) => i + 1));
      for (const { n, shard, offset = 0, bytes } of recordsIn() as readonly (Outcome & {
        readonly shard: string;
        readonly offset?: number;
      })[]) {
        const archive = store.objects.get(`a/b/${shard}`)?.body;
        expect(archive?.subarray(offset, offset + (bytes ?? 0)).equals(pageOf(pathOf(n)))).toBe(true);
      }
      const extracted = await folder.run(["extract", "s3://books/a/b", "35"], { env: storeEnv(store) });
      expect([extracted.code, extracted.stdout]).toEqual([0, String(pageOf(HELD))]);
      const named = new Set(recordsIn().map((record) => `a/b/${(record as { readonly shard?: string }).shard}`));
      const archives = [...store.objects.keys()].filter((key) => key.endsWith(".tar"));
      expect(archives.toSorted()).toEqual([...named].toSorted());
      const [archive = ""] = archives;
      writeFileSync(folder.at("one.tar"), store.objects.get(archive)?.body ?? "");
      expect(execFileSync("tar", ["-tf", folder.at("one.tar")], { encoding: "utf8" })).toContain(".txt");
    });

    it.each([{ condition: "honoured" as const }, { condition: "refused" as const }, { condition: "ignored" as const }])(
      "counts one result of two workers with the same chunk where If-None-Match is $condition",
      async ({ condition }) => {
        store.condition = condition;
        listOf(10);
        let held = 0;
        server.answers.set(pathOf(5), (_, response) => {
          held++;
          void vi
            .waitFor(() => expect(held).toBeGreaterThan(1), PATIENCE)
            .then(() => response.setHeader("content-type", "text/plain").end(pageOf(pathOf(5))));
        });
        const enqueued = await enqueue();
        expect(enqueued.stderr.includes("If-None-Match")).toBe(condition !== "honoured");
        const first = fleet.worker([...LEASE, "--state", "one"]);
        await vi.waitFor(() => expect(held).toBe(1), PATIENCE);
        await fleet.redis.send("FLUSHALL");
        await enqueue();
        const second = fleet.worker([...LEASE, "--state", "two"]);
        await vi.waitFor(() => expect(first.stderr() + second.stderr()).toContain("10 lines done"), PATIENCE);
        await vi.waitFor(() => expectObjects(10), PATIENCE);
        for (const worker of [first, second]) {
          worker.kill("SIGTERM");
          await worker.ended;
        }
        expectObjects(10);
      },
    );
  });
});
