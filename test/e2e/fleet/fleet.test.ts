// A fleet by a real Redis: a list is split, downloaded by workers, and committed chunk by chunk.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ROOT, shell, temporaryFolder } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { expectWhole, ownFleet, resultsOf } from "../../support/servers/fleet.ts";
import { hostLoad } from "../../support/servers/host-load.ts";
import { noRedis } from "../../support/servers/redis.ts";
import { pageOf, status } from "../../support/site.ts";

describe.skipIf(noRedis !== undefined)("a fleet", () => {
  const server = ownSite();
  const folder = ownFolder();
  const pathOf = (n: number) => `/page-${n}.txt`;
  const listOf = (lines: number) => folder.list(Array.from({ length: lines }, (_, i) => server.url(pathOf(i + 1))));

  it("saves what a plain run saves, with its numbers, and has one record for each line", async () => {
    const fleet = await ownFleet(folder);
    listOf(250);
    const enqueued = await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "40"]);
    expect(enqueued.stderr).toMatch(/out: run [0-9a-f]{8}: 7 of 7 chunks are in the queue \(250 lines\)\n/);
    expect(enqueued.code).toBe(0);
    const worked = await fleet.work(["-w", "2"]);
    expect(worked.code).toBe(0);
    expect(worked.stderr).toContain("bulkget: c000007: 10 lines done, 0 failed\n");
    expectWhole(folder.at("out"), 250, pathOf);
  });

  it("counts blank lines and comments, and records what fails", async () => {
    const fleet = await ownFleet(folder);
    server.answers.set("/gone", status(404));
    const lines = ["# a comment", server.url("/a.txt"), "", server.url("/gone"), server.url("/b.txt"), "not a url"];
    writeFileSync(folder.at("urls.txt"), lines.join("\r\n"));
    await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "2"]);
    await fleet.work();
    const records = resultsOf(folder.at("out")).map(({ n, outcome }) => [n, outcome]);
    expect(records).toEqual([
      [2, "saved"],
      [4, "failed"],
      [5, "saved"],
      [6, "failed"],
    ]);
    const report = await folder.run(["report", "out", "--json"]);
    expect(JSON.parse(report.stdout)).toMatchObject({ counts: { urls: 4, saved: 2, failed: 2 } });
  });

  it("enqueues only chunks without results, and the report names them", async () => {
    const fleet = await ownFleet(folder);
    listOf(30);
    await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    await fleet.work();
    rmSync(folder.at("out/results/000/000002.jsonl"));
    const report = await folder.run(["report", "out"]);
    expect(report.stderr).toBe("bulkget: out: 1 of 3 chunks have no results: 2: run bulkget enqueue and work again\n");
    const again = await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    expect(again.stderr).toContain("1 of 3 chunks are in the queue (30 lines); 2 have results already\n");
    server.asked();
    await fleet.work();
    expect(server.asked()).toHaveLength(10);
    expectWhole(folder.at("out"), 30, pathOf);
  });

  it("fails a line whose name is taken by another file, and leaves that file alone", async () => {
    const fleet = await ownFleet(folder);
    listOf(3);
    mkdirSync(folder.at("out"));
    writeFileSync(folder.at("out/000002.txt"), "mine");
    await fleet.enqueue(["urls.txt", "-o", "out"]);
    await fleet.work();
    expect(readFileSync(folder.at("out/000002.txt"), "utf8")).toBe("mine");
    const failed = resultsOf(folder.at("out")).find(({ n }) => n === 2);
    expect(failed).toMatchObject({ outcome: "failed", error: "file_exists", retryable: false });
    expect(existsSync(folder.at("out/000003.txt"))).toBe(true);
  });

  it("refuses another list or other chunks in the same folder, and a plain run", async () => {
    const fleet = await ownFleet(folder);
    listOf(20);
    folder.list([server.url("/other.txt")], "other.txt");
    await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    const other = await fleet.enqueue(["other.txt", "-o", "out", "--chunk", "10"]);
    expect(other.stderr).toContain(`the folder holds another run of a fleet: its list is ${folder.at("urls.txt")}`);
    const chunks = await fleet.enqueue(["urls.txt", "-o", "out"]);
    expect(chunks.stderr).toContain("its chunks have 10 lines (--chunk 10)");
    listOf(21);
    const longer = await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    expect(longer.stderr).toMatch(/its list had \d+ bytes, and has \d+ now/);
    folder.list(Array.from({ length: 20 }, (_, i) => server.url(pathOf(i < 2 ? 2 - i : i + 1)))); // two lines change places
    const sorted = await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "10"]);
    expect(sorted.stderr).toContain("its list had other lines, with as many bytes in all");
    const plain = await folder.run(["urls.txt", "-o", "out"]);
    expect(plain.stderr).toContain("out: holds the results of a fleet: go on with bulkget enqueue and bulkget work");
    expect([other.code, chunks.code, longer.code, sorted.code, plain.code]).toEqual([2, 2, 2, 2, 2]);
  });

  it("refuses a Redis that may drop jobs", async () => {
    const fleet = await ownFleet(folder, ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    listOf(1);
    const ran = await fleet.enqueue(["urls.txt", "-o", "out"]);
    expect(ran.stderr).toContain("may drop jobs (maxmemory-policy is allkeys-lru)");
    expect(ran.code).toBe(2);
    expect(existsSync(folder.at("out"))).toBe(false);
  });

  it("says that a Redis wants a password, and how to write one", async () => {
    const fleet = await ownFleet(folder);
    listOf(1);
    expect(await fleet.redis.send("CONFIG SET requirepass hidden")).toBe("+OK");
    for (const ran of [await fleet.enqueue(["urls.txt", "-o", "out"]), await fleet.work()]) {
      expect(ran.stderr).toContain(": needs a password: write it before the host");
      expect(ran.code).toBe(2);
    }
  });

  it("sends the lines themselves of what workers cannot read again", async () => {
    const fleet = await ownFleet(folder);
    const lines = Array.from({ length: 25 }, (_, i) => server.url(pathOf(i + 1)));
    const ran = await fleet.enqueue(["-", "-o", "out", "--chunk", "10"], `${lines.join("\n")}\n`);
    expect(ran.stderr).toContain("3 of 3 chunks are in the queue (25 lines)");
    writeFileSync(folder.at("packed.txt.gz"), gzipSync(`\n${lines.join("\n")}\n`));
    await fleet.enqueue(["packed.txt.gz", "-o", "packed", "--chunk", "10"]);
    await fleet.work();
    expectWhole(folder.at("out"), 25, pathOf);
    expect(resultsOf(folder.at("packed")).map(({ n, url }) => [n, url])).toEqual(lines.map((url, i) => [i + 2, url]));
  });

  it("saves names of the list, and fails a line whose name another chunk has", async () => {
    const fleet = await ownFleet(folder);
    const named = [`${server.url("/a")}\tone.txt`, server.url("/b.txt"), `${server.url("/c")}\tone.txt`];
    folder.list(named);
    await fleet.enqueue(["urls.txt", "-o", "out", "--chunk", "1"]);
    await fleet.work();
    const [first, second, third] = resultsOf(folder.at("out"));
    expect([first?.outcome, second?.outcome, third?.outcome]).toEqual(["saved", "saved", "failed"]);
    expect(third).toMatchObject({ error: "file_exists", name: "one.txt" });
    expect(readFileSync(folder.at("out/one.txt")).equals(pageOf("/a"))).toBe(true);
    const template = await fleet.enqueue(["urls.txt", "-o", "other", "--name", "{basename}"]);
    expect(template.stderr).toContain("lines of different chunks could get the same name: it needs {n}");
    expect(template.code).toBe(2);
  });

  it("keeps to --per-host in the whole fleet with --shard-by host", async () => {
    const fleet = await ownFleet(folder);
    const load = hostLoad();
    const hosts = ["127.0.0.1", "localhost"];
    const lines = Array.from({ length: 80 }, (_, i) => {
      const path = pathOf(i + 1);
      server.answers.set(path, (request, response) => {
        load.count(request, response);
        setTimeout(() => response.setHeader("content-type", "text/plain").end(pageOf(path)), 5);
      });
      return server.url(path).replace("127.0.0.1", hosts[i % 2] ?? "");
    });
    folder.list(lines);
    const args = ["urls.txt", "-o", "out", "--chunk", "5", "--shard-by", "host", "--per-host", "2"];
    const ran = await fleet.enqueue(args);
    expect(ran.stderr).toContain("16 of 16 chunks are in the queue (80 lines)\n");
    expect(ran.stderr).not.toContain("each worker process sends up to");
    await Promise.all([fleet.work(["-w", "2"]), fleet.work(["-w", "2"])]);
    expectWhole(folder.at("out"), 80, pathOf);
    expect(load.most).toBe(2);
  });
});

it("the commands of a fleet say what to install where BullMQ is not, and all others work", async () => {
  const place = temporaryFolder();
  own({ close: () => place.remove() });
  cpSync(join(ROOT, "dist/bin"), join(place.path, "dist/bin"), { recursive: true });
  cpSync(join(ROOT, "dist/vendor"), join(place.path, "dist/vendor"), { recursive: true });
  const line = (words: string) => shell(`node dist/bin/bulkget.cjs ${words}`, { cwd: place.path });
  writeFileSync(join(place.path, "urls.txt"), "https://example.org/\n");
  for (const words of ["enqueue urls.txt", "work", "watch"]) {
    const ran = await line(`${words} --queue redis://127.0.0.1:1`);
    expect(ran.stderr).toContain("ioredis is not installed: npm install bullmq ioredis beside bulkget");
    expect(ran.code).toBe(2);
  }
  expect(existsSync(join(place.path, "downloads"))).toBe(false);
  expect((await line("urls.txt --dry-run")).code).toBe(0);
});
