// A fleet whose list is on the web: its workers read it by ranges of bytes of one version, or `enqueue` sends them the lines.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { expectWhole, ownFleet } from "../../support/servers/fleet.ts";
import { noRedis } from "../../support/servers/redis.ts";

const LINES = 60;
const PATIENCE = { timeout: 120_000, interval: 20 };

describe.skipIf(noRedis !== undefined)("a fleet with a list on the web", () => {
  const server = ownSite();
  const folder = ownFolder();
  const pathOf = (n: number) => `/page-${n}.txt`;
  const list = (lines: number) => Array.from({ length: lines }, (_, i) => `${server.url(pathOf(i + 1))}\n`).join("");

  let content = Buffer.alloc(0);
  let has = { etag: true, ranges: true, end: true };
  let url = "";
  const requests: { readonly range: string | undefined; readonly ifMatch: string | undefined; status: number }[] = [];

  beforeEach(async () => {
    content = Buffer.from(list(LINES));
    has = { etag: true, ranges: true, end: true };
    requests.length = 0;
    const web = createServer(({ headers }, response) => {
      const tag = `"${createHash("sha256").update(content).digest("hex").slice(0, 16)}"`;
      const { range, "if-match": ifMatch } = headers;
      const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
      if (has.etag) response.setHeader("etag", tag);
      if (has.etag && ifMatch !== undefined && ifMatch !== tag) response.writeHead(412).end();
      else if (!has.ranges || from === undefined) response.end(content);
      else {
        const end = Math.min(Number(last) + 1, content.length);
        response.writeHead(206, { "content-range": `bytes ${from}-${end - 1}/${content.length}` });
        if (has.end || (from === "0" && end < content.length)) response.end(content.subarray(Number(from), end));
        else {
          const more = setInterval(() => response.write("\n"), 5);
          response.on("close", () => clearInterval(more));
        }
      }
      requests.push({ range, ifMatch, status: response.statusCode });
    });
    await new Promise<void>((resolve) => void web.listen(0, "127.0.0.1", resolve));
    own({
      async close() {
        web.closeAllConnections();
        web.close();
      },
    });
    url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/urls.txt`;
  });

  const enqueue = (fleet: Awaited<ReturnType<typeof ownFleet>>) =>
    fleet.enqueue(["--list-url", url, "-o", "out", "--chunk", "10"]);

  it("reads the range of each chunk, of the version that was enqueued", async () => {
    const fleet = await ownFleet(folder);
    const ran = await enqueue(fleet);
    expect(ran.stderr).toContain("6 of 6 chunks are in the queue (60 lines)\n");
    const before = requests.length;
    const worked = await fleet.work(["-w", "2"]);
    expect(worked.code, worked.stderr).toBe(0);
    expectWhole(folder.at("out"), LINES, pathOf);
    const ofChunks = requests.slice(before);
    expect(ofChunks.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 206));
    expect(ofChunks.every(({ ifMatch }) => ifMatch !== undefined)).toBe(true);
    expect((await enqueue(fleet)).stderr).toContain(
      "0 of 6 chunks are in the queue (60 lines); 6 have results already",
    );
  });

  it("says that the list has changed, loses nothing, and goes on when it is what it was", async () => {
    const fleet = await ownFleet(folder);
    await enqueue(fleet);
    const before = content;
    content = Buffer.from(list(LINES).replace("page-1.txt", "page-9.txt")); // of the same length
    const worker = fleet.worker();
    const reason = `${url}: the list cannot be read: it has changed since it was enqueued: enqueue it into another folder`;
    await vi.waitFor(() => expect(worker.stderr()).toContain(reason), PATIENCE);
    const other = await enqueue(fleet);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringMatching(/its list had the ETag "\w+", and has "\w+" now/),
    ]);
    content = before;
    expect((await fleet.work()).code).toBe(0);
    expectWhole(folder.at("out"), LINES, pathOf);
    worker.kill("SIGTERM");
    await worker.ended;
  });

  it("stops reading it at a ^C, and begins no run", async () => {
    const fleet = await ownFleet(folder);
    content = Buffer.from(list(1000));
    has = { ...has, end: false };
    const args = ["enqueue", "--list-url", url, "-o", "out", "--queue", fleet.redis.url];
    const enqueueing = commandUnderWay(args, folder.path);
    await vi.waitFor(() => expect(requests).toHaveLength(2), PATIENCE);
    enqueueing.kill("SIGINT");
    const { signal } = await enqueueing.ended;
    expect([signal, enqueueing.stderr(), existsSync(folder.at("out"))]).toEqual(["SIGINT", "", false]);
  });

  it.each([
    { what: "sends no ETag", of: { etag: false, ranges: true }, pack: Buffer.from },
    { what: "sends no ranges", of: { etag: true, ranges: false }, pack: Buffer.from },
    { what: "has it gzipped", of: { etag: true, ranges: true }, pack: gzipSync },
  ])("sends the lines through the queue where the server $what", async ({ of, pack }) => {
    const fleet = await ownFleet(folder);
    has = { ...of, end: true };
    content = pack(list(LINES));
    const ran = await enqueue(fleet);
    expect(ran.stderr).toContain("6 of 6 chunks are in the queue (60 lines)\n");
    const before = requests.length;
    content = Buffer.from("gone");
    expect((await fleet.work()).code).toBe(0);
    expectWhole(folder.at("out"), LINES, pathOf);
    expect(requests.length).toBe(before);
  });
});
