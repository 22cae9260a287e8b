// The order and time of requests as servers see them: Retry-After, --per-host, --rate, --host-rate and --order.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, type Ran, recordsOf } from "../../support/command.ts";
import { linesOf, own, ownFolder } from "../../support/own.ts";
import { type Act, gate, type Host, host } from "../../support/rude/host.ts";

const folder = ownFolder();

const serve = async (act: Act) => own(await host(act));

const fine: Act = (response) => void response.end("fine\n");

/** `/1` to `/count` of an origin. */
const paths = (origin: string, count: number) => Array.from({ length: count }, (_, i) => `${origin}/${i + 1}`);

function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  return folder.run(["-", ...args], { stdin: linesOf(lines) });
}

const records = () => recordsOf(folder.at("downloads"));

describe("a host that answers 429 with Retry-After", () => {
  /** Answers `perWindow` requests, then one with 429; records requests that come before its Retry-After is over. */
  async function windowed(perWindow: number, retryAfter: (nowMs: number) => { value: string; untilMs: number }) {
    let left = 0;
    let closedUntilMs = 0;
    const early: string[] = [];
    const server = await serve((response, { path }) => {
      if (Date.now() < closedUntilMs) early.push(`${path}: ${closedUntilMs - Date.now()} ms too early`);
      if (left-- > 0) return void response.end("fine\n");
      left = perWindow;
      const { value, untilMs } = retryAfter(Date.now());
      closedUntilMs = untilMs;
      response.writeHead(429, { "retry-after": value }).end();
    });
    return { server, early };
  }

  it("gets no request before that time is over, and all its files arrive", async () => {
    const seconds = (nowMs: number) => ({ value: "1", untilMs: nowMs + 1000 });
    const { server, early } = await windowed(5, seconds);
    const { code, stderr } = await run(paths(server.origin, 12), "--per-host", "1");
    expect(code, stderr).toBe(0);
    expect(early).toEqual([]);
    expect(server.asked).toHaveLength(12 + 3);
  });

  it("as a date gets no request before that date", async () => {
    const inTwoSeconds = (nowMs: number) => {
      const date = new Date(Math.ceil((nowMs + 1000) / 1000) * 1000);
      return { value: date.toUTCString(), untilMs: date.getTime() };
    };
    const { server, early } = await windowed(5, inTwoSeconds);
    const { code, stderr } = await run(paths(server.origin, 9), "--per-host", "1");
    expect(code, stderr).toBe(0);
    expect(early).toEqual([]);
    expect(server.asked).toHaveLength(9 + 2);
  });

  it("to all requests under way gets no further request before the last of them allows it", async () => {
    const lastSaidMs: number[] = [];
    const first = gate();
    const server = await serve((response, { nth }) => {
      if (nth >= 4) return void response.end("fine\n");
      first.pass(() => {
        lastSaidMs.push(performance.now());
        response.writeHead(429, { "retry-after": "1" }).end();
      });
      if (first.waiting === 4) first.open(); // all four requests have arrived, and none is answered
    });
    const { code, stderr } = await run(paths(server.origin, 20), "--per-host", "4");
    expect(code, stderr).toBe(0);
    expect(server.asked).toHaveLength(24);
    expect(server.asked[4]?.atMs).toBeGreaterThanOrEqual((lastSaidMs.at(-1) ?? Number.NaN) + 1000);
  });

  it("does not delay other hosts", async () => {
    // It answers 200 only when the other host is done: jobs that waited in slots would run out of retries before.
    const quick = await serve(fine);
    const busy = await serve((response) => {
      if (quick.asked.length === 3000) response.end("fine\n");
      else response.writeHead(429, { "retry-after": "1" }).end();
    });
    const lines = [...paths(busy.origin, 50), ...paths(quick.origin, 3000)];
    const { code, stderr } = await run(lines, "-c", "20", "--retries", "30", "--order", "list");
    expect(code, stderr).toBe(0);
    expect(records().size).toBe(3050);
  });

  it.each(["soon", "-1", "1.5", "3600 s", "", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Foo 2099 00:00:00 GMT"])(
    "is retried after the usual back-off where Retry-After is %j",
    async (value) => {
      const server = await serve((response, { nth }) => {
        if (nth === 0) response.writeHead(429, { "retry-after": value }).end();
        else response.end("fine\n");
      });
      expect((await run([`${server.origin}/1`])).code).toBe(0);
      expect(records().get(1)).toMatchObject({ attempts: 2, retried_after: ["http_status: 429 Too Many Requests"] });
    },
  );

  it("over 5 minutes fails all its lines at once, with the reason, and gets no further request", async () => {
    const server = await serve((response) => void response.writeHead(429, { "retry-after": "3600" }).end());
    const other = await serve(fine);
    const lines = [...paths(server.origin, 20), ...paths(other.origin, 20)];
    const { code, stderr } = await run(lines, "--per-host", "1");
    expect(code).toBe(1);
    expect(stderr).toContain("429 Too Many Requests; Retry-After: 1 h, over 5 min");
    expect(server.asked).toHaveLength(1);
    const failed = [...records().values()].filter(({ outcome }) => outcome === "failed");
    expect(failed).toHaveLength(20);
    expect(failed.map(({ attempts }) => attempts).sort()).toEqual([...Array(19).fill(0), 1]);
    for (const one of failed) {
      expect(one).toMatchObject({ error: "http_status", status: 429, retryable: true });
      expect(one).toHaveProperty("detail", expect.stringContaining("Retry-After: 1 h, over 5 min"));
    }
    expect(other.asked).toHaveLength(20);
  });
});

describe("9,000 lines of one slow host", () => {
  it.each(["fair", "list", "longest"])("do not delay the hosts after them with --order %s", async (order) => {
    const held = gate(); // never opened: no URL of the slow host ever ends
    const wide = new Set<string>();
    let allHostsAsked = () => {};
    const allHosts = new Promise<void>((resolve) => {
      allHostsAsked = resolve;
    });
    const server = await serve((response, { path, headers }) => {
      if (path.startsWith("/slow")) return held.pass(() => response.end());
      wide.add(String(headers.host));
      response.end("fine\n");
      if (wide.size === 1000) allHostsAsked();
    });
    const slow = Array.from({ length: 9000 }, (_, i) => server.named("slow", `/slow/${i}`));
    const others = Array.from({ length: 1000 }, (_, i) => server.named(`host-${i}`, "/"));
    writeFileSync(folder.at("urls.txt"), `${[...slow, ...others].join("\n")}\n`);
    const args = ["urls.txt", "-q", "--per-host", "2", "-c", "50", "--order", order, "--timeout", "600s"];
    const child = spawn(process.execPath, [BIN, ...args], { cwd: folder.path, env: cleanEnv(), stdio: "ignore" });
    await Promise.race([allHosts, ended(child)]);
    child.kill("SIGKILL");
    await ended(child);
    expect(wide.size).toBe(1000);
    expect(held.waiting).toBe(2);
  });
});

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
}

describe("--per-host", () => {
  it("is the exact number of parallel requests to each host", async () => {
    // Each server answers only when three requests wait: with fewer, the run would never end.
    const inThrees = (): Act => {
      const waiting: (() => void)[] = [];
      return (response) => {
        waiting.push(() => response.end("fine\n"));
        if (waiting.length === 3) for (const answer of waiting.splice(0)) setImmediate(answer);
      };
    };
    const one = await serve(inThrees());
    const other = await serve(inThrees());
    const lines = [...paths(one.origin, 60), ...paths(other.origin, 60)];
    const { code, stderr } = await run(lines, "--per-host", "3", "-c", "20", "--timeout", "10s", "--retries", "0");
    expect(code, stderr).toBe(0);
    expect([one.peakOpen, other.peakOpen]).toEqual([3, 3]);
  });
});

describe("--order", () => {
  const LIST = [..."aaaaabbbccaab"];
  it.each([
    ["list", "aaaaabbbccaab"],
    ["fair", "abcabcababaaa"],
    // The host with the most waiting lines first; among equals, the one whose turn was longest ago.
    ["longest", "aaababacbacba"],
  ])("%s takes the hosts in its documented order", async (order, expected) => {
    const server = await serve(fine);
    const lines = LIST.map((name, i) => server.named(name, `/${i}`));
    expect((await run(lines, "-c", "1", "--order", order)).code).toBe(0);
    expect(server.asked.map(({ headers }) => headers.host?.[0]).join("")).toBe(expected);
    // Within a host, the order is that of the list.
    for (const name of "abc") {
      const own = server.asked.filter(({ headers }) => headers.host?.startsWith(name)).map(({ path }) => path);
      expect(own).toEqual([...LIST.entries()].filter(([, host]) => host === name).map(([i]) => `/${i}`));
    }
  });
});

describe("a rate limit", () => {
  /** Number of requests since `sinceMs` that came earlier than the rate with its burst allows. */
  function tooEarly(server: Host, sinceMs: number, perSecond: number, burst: number): number {
    return server.asked.filter(({ atMs, nth }) => atMs - sinceMs < ((nth + 1 - burst) * 1000) / perSecond).length;
  }

  it("by --rate holds for the whole run, including retries", async () => {
    const act: Act = (response, { nth }) => void response.writeHead(nth < 60 && nth % 3 === 0 ? 503 : 200).end();
    const one = await serve(act);
    const sinceMs = performance.now();
    const lines = Array.from({ length: 60 }, (_, i) => one.named(`host-${i % 7}`, `/${i}`));
    const { code, stderr } = await run(lines, "--rate", "40", "--retries", "20", "-c", "50");
    expect(code, stderr).toBe(0);
    expect(one.asked).toHaveLength(60 + 20);
    expect(tooEarly(one, sinceMs, 40, 4)).toBe(0);
  });

  it("by --host-rate holds for each host separately", async () => {
    const one = await serve(fine);
    const other = await serve(fine);
    const sinceMs = performance.now();
    const lines = [...paths(one.origin, 40), ...paths(other.origin, 40)];
    expect((await run(lines, "--host-rate", "20")).code).toBe(0);
    expect([tooEarly(one, sinceMs, 20, 2), tooEarly(other, sinceMs, 20, 2)]).toEqual([0, 0]);
    expect(one.asked.at(-1)?.atMs).toBeGreaterThan(other.asked[0]?.atMs ?? Number.NaN); // not one after the other
    expect(other.asked.at(-1)?.atMs).toBeGreaterThan(one.asked[0]?.atMs ?? Number.NaN);
  });
});
