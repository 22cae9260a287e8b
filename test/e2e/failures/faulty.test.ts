// Hosts that fail temporarily or permanently: temporary failures are retried, and hosts that are down fail fast.

import { existsSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { filesOf, type Ran, recordsOf } from "../../support/command.ts";
import { linesOf, own, ownFolder, ownRudeServer } from "../../support/own.ts";
import { body, hash, random } from "../../support/rude/content.ts";
import { type Act, type Asked, host } from "../../support/rude/host.ts";
import { silentAt } from "../../support/servers/silent.ts";

const folder = ownFolder();

const OUTAGE_MS = 3000;

const serve = async (act: Act) => own(await host(act));

const at = (...more: string[]) => folder.at("downloads", ...more);
const paths = (origin: string, count: number) => Array.from({ length: count }, (_, i) => `${origin}/${i + 1}`);
const fine: Act = (response, { path }) => void response.end(`body of ${path}\n`);

function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  return folder.run(["-", ...args], { stdin: linesOf(lines) });
}

/** The records of the lines of one origin. */
function recordsFor(origin: string): Outcome[] {
  return [...recordsOf(at()).values()].filter(({ url }) => url.startsWith(origin));
}

describe("a server that drops 20 % of connections, answers 503 to 10 % and stalls 2 %", () => {
  it("delivers every file, and every record lists its retries", async () => {
    const dealt = new Map<string, string[]>();
    const draws = new Map<string, number>();
    const used = new WeakSet<Socket>();
    const deal = (socket: Socket, response: ServerResponse, asked: Asked) => {
      const { path } = asked;
      const fates = dealt.get(path) ?? [];
      dealt.set(path, fates);
      const reused = used.has(socket);
      used.add(socket);
      // The client gave up: this machine was too busy to answer in time.
      if (socket.readableEnded || socket.destroyed) return void fates.push("headers_timeout");
      const draw = (draws.get(path) ?? 0) + 1;
      draws.set(path, draw);
      const chance = random(hash(`${path} ${draw}`))() / 2 ** 32; // equal in every run
      if (chance >= 0.32 || fates.length >= 3) return fine(response, asked); // more failures would only add back-off time
      if (chance < 0.2) {
        if (!reused) fates.push("connection_lost"); // a lost reused connection is retried at once and uncounted
        return void socket.destroy();
      }
      fates.push(chance < 0.3 ? "http_status" : "headers_timeout");
      if (chance < 0.3) response.writeHead(503).end();
    };
    const server = await serve((response, asked) => {
      const { socket } = response;
      // After two turns of the event loop, a FIN that arrived with the request has been read too.
      if (socket !== null) setImmediate(() => setImmediate(deal, socket, response, asked));
    });
    const { code, stderr } = await run(paths(server.origin, 1000), "--timeout", "4s", "--retries", "10");
    expect(code, stderr).toBe(0);
    const records = recordsOf(at());
    expect(records.size).toBe(1000);
    for (const [n, { outcome, attempts, retried_after = [] }] of records) {
      const fates = dealt.get(`/${n}`) ?? [];
      const why = retried_after.map((said) => said.slice(0, said.indexOf(":")));
      expect({ n, outcome, attempts, why }).toEqual({ n, outcome: "saved", attempts: fates.length + 1, why: fates });
      expect(readFileSync(at(String(n).padStart(6, "0")), "utf8")).toBe(`body of /${n}\n`);
    }
  });
});

describe("a host that never answers some of its URLs", () => {
  it.each([
    { how: "in one process", args: [] },
    { how: "in two processes", args: ["--workers", "2"] },
  ])("fails only these, $how", async ({ args }) => {
    const server = await serve((response, asked) => {
      if (Number(asked.path.slice(1)) > 3) fine(response, asked);
    });
    const { code } = await run(paths(server.origin, 30), "-c", "2", "--timeout", "1s", "--retries", "2", ...args);
    expect(code).toBe(1);
    const records = recordsFor(server.origin);
    const failed = records.filter(({ outcome }) => outcome === "failed");
    expect(failed.map(({ n }) => n).sort()).toEqual([1, 2, 3]);
    for (const one of failed) expect(one).toMatchObject({ error: "headers_timeout", attempts: 3 });
    expect(records).toHaveLength(30);
  });
});

describe("a host that is down", () => {
  it("fails its lines after a few tries, with the cause, while other hosts continue", async () => {
    const alive = await serve(fine);
    const refusing = `http://127.0.0.2:${alive.port}`; // nobody listens at this address
    const silent = own(await silentAt("127.0.0.1"));
    const silentOrigin = `http://127.0.0.1:${silent.port}`;
    const lines = Array.from({ length: 500 }, (_, i) => [
      `${silentOrigin}/${i}`,
      `${refusing}/${i}`,
      `${alive.origin}/${i}`,
    ]);
    const { code, stderr } = await run(lines.flat(), "--connect-timeout", "300ms", "-c", "30");
    expect(code).toBe(1);
    expect(recordsFor(alive.origin).every(({ outcome }) => outcome === "saved")).toBe(true);
    expect(alive.asked).toHaveLength(500);
    for (const [origin, error] of [
      [refusing, "connect_refused"],
      [silentOrigin, "connect_timeout"],
    ] as const) {
      const failed = recordsFor(origin);
      expect(failed).toHaveLength(500);
      // First one try per slot, then one at a time; most lines are not tried at all.
      expect(failed.reduce((sum, { attempts }) => sum + attempts, 0)).toBeLessThan(50);
      for (const one of failed) expect(one).toMatchObject({ outcome: "failed", error, retryable: true });
      const { host: name } = new URL(origin);
      const untried = failed.filter(({ attempts }) => attempts === 0);
      expect(untried.length).toBeGreaterThan(450);
      for (const one of untried) {
        expect(one).toHaveProperty("detail", expect.stringMatching(`^not tried: ${name} failed 4 times in a row`));
      }
      expect(stderr).toContain(error);
    }
  });

  it("for 3 s, after it has answered, fails no line", async () => {
    const address = "127.0.0.3"; // its own address, so that no other test takes the port meanwhile
    let back: Promise<void> | undefined;
    const restarting: Act = (response, asked) => {
      fine(response, asked);
      if (asked.nth === 100) back ??= restart();
    };
    const first = own(await host(restarting, { address }));
    async function restart(): Promise<void> {
      await first.close();
      await sleep(OUTAGE_MS); // the outage itself: no test waits for anything by it
      own(await host(fine, { address, port: first.port }));
    }
    const { code, stderr } = await run(paths(first.origin, 1000), "-c", "20");
    await back;
    expect(back).toBeDefined();
    expect(code, stderr).toBe(0);
    expect(filesOf(at())).toHaveLength(1000);
    expect([...recordsOf(at()).values()].some(({ attempts }) => attempts > 1)).toBe(true);
  });
});

describe("a retry", () => {
  const server = ownRudeServer();

  it("is made up to --retries times, and the record has the reason of each", async () => {
    const lines = [server.url("/turns?first=/reset-in-headers&times=2"), server.url("/status/503")];
    const { code, stderr } = await run(lines, "--retries", "2");
    expect(code).toBe(1);
    const records = recordsOf(at());
    expect(records.get(1)).toMatchObject({ outcome: "saved", attempts: 3 });
    expect(records.get(1)?.retried_after).toHaveLength(2);
    for (const why of records.get(1)?.retried_after ?? []) expect(why).toMatch(/^connection_lost: ./);
    expect(records.get(2)).toMatchObject({
      error: "http_status",
      detail: "503 Service Unavailable",
      attempts: 3,
      retried_after: Array(2).fill("http_status: 503 Service Unavailable"),
    });
    expect(stderr).toContain("503 Service Unavailable, 3 tries: ");
    expect(server.stats.requests).toBe(6);
  });

  it("is not made with --retries 0", async () => {
    const { code } = await run([server.url("/status/503"), server.url("/reset-before")], "--retries", "0");
    expect(code).toBe(1);
    expect(server.stats.requests).toBe(2);
    for (const one of recordsOf(at()).values()) {
      expect(one.attempts).toBe(1);
      expect(one).not.toHaveProperty("retried_after");
    }
  });

  it("is not made for permanent failures, and only once for those that are rarely temporary", async () => {
    const lines = ["/status/404", "/status/410", "/redirect-loop", "/ssh-banner", "/206"].map(server.url);
    expect((await run([...lines, "http://no-such-name.invalid/"])).code).toBe(1);
    const attempts = [...recordsOf(at()).values()]
      .sort((a, b) => a.n - b.n)
      .map((one) => [one.outcome === "failed" ? one.error : one.outcome, one.attempts]);
    expect(attempts).toEqual([
      ["http_status", 1],
      ["http_status", 1],
      ["redirect_limit", 1],
      ["protocol_error", 2],
      ["bad_range", 2],
      ["dns_not_found", 2],
    ]);
  });

  it("is made for the statuses of --retry-on, which replace the default ones", async () => {
    const lines = ["/turns?first=/status/404", "/turns?first=/status/503"].map(server.url);
    expect((await run(lines, "--retry-on", "404,418")).code).toBe(1);
    expect(recordsOf(at()).get(1)).toMatchObject({ outcome: "saved", attempts: 2 });
    expect(recordsOf(at()).get(2)).toMatchObject({ outcome: "failed", status: 503, attempts: 1 });
  });

  it.each(["closed", "reset"])("of a body whose connection was %s half way starts with an empty file", async (how) => {
    const sizes = [100_000, 900_000]; // the second is streamed; both are too short for a partial file to be kept
    const flaky = await serve((response, asked) => {
      const n = Number(asked.path.slice(1));
      const bytes = body(sizes[n - 1] ?? 0, n);
      response.writeHead(200, { "content-length": bytes.length, etag: '"one"' });
      if (flaky.asked.filter((other) => other.path === asked.path).length > 1) return void response.end(bytes);
      response.write(bytes.subarray(0, bytes.length / 2), () => {
        if (how === "closed") response.socket?.end();
        else response.socket?.resetAndDestroy();
      });
    });
    const { code, stderr } = await run(paths(flaky.origin, 2));
    expect(code, stderr).toBe(0);
    for (const [i, size] of sizes.entries()) {
      expect(readFileSync(at(`00000${i + 1}`)).equals(body(size, i + 1))).toBe(true);
      expect(recordsOf(at()).get(i + 1)).toMatchObject({ attempts: 2, bytes: size });
    }
    expect(flaky.asked.some(({ headers }) => headers.range !== undefined)).toBe(false);
    expect(existsSync(at(".bulkget"))).toBe(false);
  });
});
