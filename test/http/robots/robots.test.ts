// robots.txt over HTTP: one request per origin, the bounded cache, and the meaning of each kind of answer.

import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Answer, Get, RequestConditions } from "../../../src/core/ports.ts";
import type { RobotsPolicy } from "../../../src/core/run/robots-policy.ts";
import { robots } from "../../../src/http/robots/robots.ts";
import { testGet } from "../../support/get.ts";
import { own, ownSite } from "../../support/own.ts";
import { body, type Answer as Reply, site, status } from "../../support/site.ts";

const server = ownSite();
let get: Get;
let policy: RobotsPolicy;
beforeEach(() => {
  get = own(testGet({ headers: ["X-Api-Key", "secret"], maxFileBytes: 10, maxRedirects: 0 }));
  policy = robots({ fetch: (target, ask) => get.fetch(target, ask), agent: "bulkget" });
});

const target = (path: string) => new URL(server.url(path));
const says = (reply: Reply) => server.answers.set("/robots.txt", reply);
const text = (rules: string) => says(body(`User-agent: *\n${rules}\n`));
const ask = (path: string) => policy.fetchAndCheck(target(path), "list");
const SKIP = { reason: "robots", detail: expect.stringMatching(/^disallowed by http:.*\/robots\.txt$/) };

describe("the robots.txt of an origin", () => {
  it("is requested once for any number of URLs", async () => {
    text("Disallow: /a");
    expect(policy.check(target("/a"))).toBe("unknown");
    expect(await Promise.all(["/a", "/b", "/a/c", "/"].map(ask))).toEqual([SKIP, undefined, SKIP, undefined]);
    expect(policy.check(target("/a?x"))).toEqual(SKIP);
    expect(policy.check(target("/b"))).toBeUndefined();
    expect(server.asked()).toEqual(["/robots.txt"]);
  });

  it("may always be fetched itself", async () => {
    text("Disallow: /");
    expect(await ask("/robots.txt")).toBeUndefined();
    expect(policy.check(target("/robots"))).toEqual(SKIP);
  });

  it("is another one for another port", async () => {
    const other = await site();
    text("Disallow: /");
    expect(await ask("/")).toEqual(SKIP);
    expect(policy.check(new URL(other.url("/")))).toBe("unknown");
    expect(await policy.fetchAndCheck(new URL(other.url("/")), "list")).toBeUndefined();
    await other.close();
  });

  it("is requested with the user's headers only if the list names the origin", async () => {
    const seen: unknown[] = [];
    says((request, response) => {
      seen.push(request.headers["x-api-key"]);
      response.writeHead(500).end();
    });
    await policy.fetchAndCheck(target("/"), "redirect");
    await policy.fetchAndCheck(target("/"), "list");
    expect(seen).toEqual([undefined, "secret"]);
  });
});

describe("an answer for robots.txt", () => {
  it.each([400, 401, 403, 404, 410, 451])("of %s allows everything (RFC 9309 section 2.3.1.3)", async (code) => {
    says(status(code));
    expect(await ask("/a")).toBeUndefined();
    expect(policy.check(target("/a"))).toBeUndefined();
    expect(policy.delayMs(target("/").host)).toBe(0);
  });

  it.each([500, 503, 429])("of %s is retried twice, and then the run fetches nothing from the origin", async (code) => {
    says(status(code));
    const failure = { error: "http_status", status: code, detail: expect.stringContaining(`robots.txt: ${code}`) };
    for (const _ of [1, 2]) {
      expect(await ask("/a")).toEqual(failure);
      expect(policy.check(target("/a"))).toBe("unknown");
      expect(policy.delayMs(target("/").host)).toBeUndefined();
    }
    expect(await ask("/a")).toEqual({ ...failure, isFinal: true });
    expect(policy.check(target("/b"))).toEqual({ ...failure, isFinal: true });
    expect(policy.delayMs(target("/").host)).toBe(0);
    expect(server.asked()).toHaveLength(3);
  });

  it("to the second try counts", async () => {
    says(status(503));
    expect(await ask("/a")).toHaveProperty("error");
    text("Disallow: /a");
    expect(await ask("/a")).toEqual(SKIP);
  });

  it("that is truncated is a failure", async () => {
    says((_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("User-agent: *\nDisallow: /\n");
      response.socket?.end();
    });
    expect(await ask("/a")).toMatchObject({ error: "truncated" });
  });

  it("may follow five redirects and no more, whatever --max-redirs is", async () => {
    for (let hop = 1; hop <= 6; hop++) server.answers.set(`/r${hop}`, status(302, { location: `/r${hop - 1}` }));
    server.answers.set("/r0", body("User-agent: *\nDisallow: /\n"));
    says(status(301, { location: "/r4" }));
    expect(await ask("/a")).toEqual(SKIP);
    const other = robots({ fetch: get.fetch, agent: "bulkget" });
    says(status(301, { location: "/r5" }));
    expect(await other.fetchAndCheck(target("/a"), "list")).toBeUndefined();
  });

  it("counts with the whole lines of its first 500 KiB, whatever --max-filesize is", async () => {
    const filler = "#".repeat(99);
    const lines = ["User-agent: *", "Disallow: /early", ...Array<string>(5119).fill(filler)].join("\n");
    const room = 512_000 - lines.length - 1;
    // The last rule is cut off after "Disallow: /".
    const text = `${lines}\n${"#".repeat(room - 12)}\nDisallow: /late\n`;
    expect(text.slice(0, 512_000)).toMatch(/\nDisallow: \/$/);
    says(body(text + filler));
    expect(await ask("/early")).toEqual(SKIP);
    expect(policy.check(target("/late"))).toBeUndefined();
  });

  it("in gzip is decoded, even if it was not requested", async () => {
    const { gzipSync } = await import("node:zlib");
    says(body(gzipSync("User-agent: *\nDisallow: /a\n"), { "content-encoding": "gzip" }));
    expect(await ask("/a")).toEqual(SKIP);
  });

  it.each([
    ["2", 2000],
    ["0.5", 500],
    ["3600", 60_000],
    ["-5", 0],
    ["soon", 0],
    ["Infinity", 60_000],
    ["", 0],
  ])("with Crawl-delay: %s requires %d ms between two starts", async (delay, ms) => {
    text(`Crawl-delay: ${delay}\nDisallow: /x`);
    await ask("/");
    expect(policy.delayMs(target("/").host)).toBe(ms);
  });
});

it("a request for robots.txt continues for other URLs after the deadline of one", async () => {
  let release = () => {};
  says((_, response) => {
    release = () => response.end("User-agent: *\nDisallow: /a\n");
  });
  const limited = robots({ fetch: (target, ask) => get.fetch(target, ask), agent: "bulkget", maxTimeMs: 60_000 });
  const other = limited.fetchAndCheck(target("/a"), "list");
  expect(await limited.fetchAndCheck(target("/a"), "list", 59_990)).toMatchObject({ error: "deadline" });
  expect(limited.check(target("/a"))).toBe("unknown");
  await expect.poll(() => server.asked()).toEqual(["/robots.txt"]);
  release();
  expect(await other).toEqual(SKIP);
  expect(limited.check(target("/a"))).toEqual(SKIP);
});

describe("the cache of robots.txt", () => {
  /** A `fetch` that returns the same robots.txt for every origin. */
  function web(rules: string) {
    const asked: string[] = [];
    const fetch = (url: URL, _?: RequestConditions): Promise<Answer> => {
      asked.push(url.href);
      return Promise.resolve({ status: 200, ttfbMs: 0, lengthVerified: true, body: [Buffer.from(rules)] });
    };
    return { asked, policy: robots({ fetch, agent: "bulkget" }) };
  }

  it("keeps the 10,000 most recently used origins", async () => {
    const { asked, policy } = web("");
    const origin = (i: number) => new URL(`http://h${i}.example/`);
    for (let i = 0; i < 10_000; i++) await policy.fetchAndCheck(origin(i), "list");
    expect(policy.check(origin(0))).toBeUndefined();
    await policy.fetchAndCheck(origin(10_000), "list");
    expect([0, 1, 2, 10_000].map((i) => policy.check(origin(i)))).toEqual([undefined, "unknown", undefined, undefined]);
    expect(asked).toHaveLength(10_001);
  });

  it("keeps at most 32 MiB of rules", async () => {
    const { policy } = web(`User-agent: *\nDisallow: /${"x".repeat(400_000)}`);
    const origins = Array.from({ length: 100 }, (_, i) => new URL(`http://h${i}.example/`));
    for (const origin of origins) await policy.fetchAndCheck(origin, "list");
    const known = origins.filter((origin) => policy.check(origin) !== "unknown");
    expect(known).toEqual(origins.slice(100 - Math.floor(33_554_432 / 400_030)));
  });

  it("does not keep a request that was stopped or had no file descriptor", async () => {
    let answer: Awaited<ReturnType<Get["fetch"]>> = { error: "interrupted", detail: "stopped" };
    const policy = robots({ fetch: async () => answer, agent: "bulkget" });
    for (let i = 0; i < 5; i++)
      expect(await policy.fetchAndCheck(new URL("http://a/"), "list")).not.toHaveProperty("isFinal");
    answer = { error: "connect_failed", detail: "EMFILE", fdsExhausted: true };
    for (let i = 0; i < 5; i++)
      expect(await policy.fetchAndCheck(new URL("http://a/"), "list")).toHaveProperty("fdsExhausted");
    answer = { error: "tls_certificate", detail: "expired" };
    const last = await policy.fetchAndCheck(new URL("http://a/"), "list");
    expect(last !== undefined && isFailure(last) && last.isFinal).toBe(true); // it is permanent
  });
});
