// A fleet that keeps hosts apart, measured at the server: no host gets more requests at a time than --per-host allows, whatever
// happens to the workers.

import { describe, expect, it, vi } from "vitest";
import { ownFolder, ownSite } from "../../support/own.ts";
import { expectWhole, ownFleet } from "../../support/servers/fleet.ts";
import { hostLoad } from "../../support/servers/host-load.ts";
import { noRedis } from "../../support/servers/redis.ts";
import { pageOf } from "../../support/site.ts";

const LEASE = ["--lease", "3s"];
const HOSTS = 6;
const LINES = 60;
const HELD = "/page-35.txt";
const PATIENCE = { timeout: 120_000, interval: 20 };

describe.skipIf(noRedis !== undefined)("a fleet with --shard-by host", () => {
  const server = ownSite();
  const folder = ownFolder();
  const pathOf = (n: number) => `/page-${n}.txt`;

  it.each([
    { what: "killed and started again", signal: "SIGKILL" as const },
    { what: "suspended past its lease, while its process for downloads runs on", signal: "SIGSTOP" as const },
  ])("sends one request at a time to a host while a worker is $what", async ({ signal }) => {
    const fleet = await ownFleet(folder);
    const load = hostLoad();
    let timesHeld = 0;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hosts = Array.from({ length: HOSTS }, (_, i) => `host-${i}.test`);
    const { port } = new URL(server.url("/"));
    const lines = Array.from({ length: LINES }, (_, i) => {
      const path = pathOf(i + 1);
      server.answers.set(path, (request, response) => {
        load.count(request, response);
        const answer = () => void response.setHeader("content-type", "text/plain").end(pageOf(path));
        if (path !== HELD) return void setTimeout(answer, 2);
        timesHeld++;
        void released.then(answer);
      });
      return `http://${hosts[i % HOSTS]}:${port}${path}`;
    });
    folder.list(lines);
    const resolve = hosts.flatMap((host) => ["--resolve", `${host}:${port}:127.0.0.1`]);
    const by = ["--shard-by", "host", "--per-host", "1", "--chunk", "5"];
    expect((await fleet.enqueue(["urls.txt", "-o", "out", ...by, ...resolve])).code).toBe(0);

    const first = fleet.worker(LEASE);
    await vi.waitFor(() => expect(timesHeld).toBe(1), PATIENCE);
    const others = [fleet.worker(LEASE), fleet.worker(LEASE)];
    first.kill(signal);
    if (signal === "SIGKILL") {
      await first.ended;
      others.push(fleet.worker(LEASE));
    }
    await vi.waitFor(() => expect(timesHeld).toBeGreaterThan(1), PATIENCE);
    release();
    expect((await fleet.work(LEASE)).code).toBe(0);
    expect(load.most).toBe(1);
    for (const worker of others) {
      worker.kill("SIGTERM");
      await worker.ended;
    }
    if (signal === "SIGSTOP") {
      first.kill("SIGCONT");
      await vi.waitFor(() => expect(first.stderr()).toContain("its lease was lost"), PATIENCE);
    }
    expectWhole(folder.at("out"), LINES, pathOf);
  });
});
