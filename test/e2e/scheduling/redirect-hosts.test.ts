// Failures and limits after a redirect to another host count for that host, not for the redirecting one.

import { describe, expect, it } from "vitest";
import { recordsOf } from "../../support/command.ts";
import { linesOf, own, ownFolder } from "../../support/own.ts";
import { type Act, host } from "../../support/rude/host.ts";

const folder = ownFolder();
const serve = async (act: Act) => own(await host(act));

/** A server that answers `/to?URL` with a redirect there, and any other path with a body. */
const shortener: Act = (response, { path }) => {
  const [, target] = path.split("/to?");
  if (target === undefined) return void response.end("fine\n");
  response.writeHead(302, { location: decodeURIComponent(target) }).end();
};

const run = (lines: readonly string[], ...args: string[]) => folder.run(["-", ...args], { stdin: linesOf(lines) });
const records = () => recordsOf(folder.at("downloads"));
const to = (origin: string, target: string) => `${origin}/to?${encodeURIComponent(target)}`;

/** URLs of distinct hosts that refuse connections. */
const dead = (count: number) => Array.from({ length: count }, (_, i) => `http://127.0.3.${i + 1}:9/`);

describe("a host that redirects to other hosts", () => {
  it("has all its good lines saved although many targets are dead", async () => {
    const { origin } = await serve(shortener);
    const lines = [
      ...dead(12).map((target) => to(origin, target)),
      ...Array.from({ length: 48 }, (_, i) => to(origin, `${origin}/${i}`)),
    ];
    const { code } = await run(lines, "--retries", "1", "-c", "10");
    expect(code).toBe(1);
    const all = [...records().values()];
    expect(all.filter(({ outcome }) => outcome === "saved")).toHaveLength(48);
    expect(all.filter((one) => one.outcome === "failed" && one.error === "connect_refused")).toHaveLength(12);
  });

  it.each([["one process"], ["two processes", "--workers", "2"]])(
    "has every good line saved although a fifth of its targets is dead, in %s",
    async (_, ...args) => {
      const { origin } = await serve(shortener);
      const lines = Array.from({ length: 150 }, (_, i) =>
        to(origin, i % 5 === 4 ? `http://127.0.4.${i}:9/` : `${origin}/${i}`),
      );
      const { code } = await run(lines, "--retries", "2", "-c", "20", ...args);
      expect(code).toBe(1);
      const all = [...records().values()];
      expect(all.filter(({ outcome }) => outcome === "saved")).toHaveLength(120);
      const failed = all.filter(({ outcome }) => outcome === "failed");
      expect(failed).toHaveLength(30);
      for (const one of failed) expect(one.attempts).toBeLessThanOrEqual(3);
    },
  );

  it("does not lead to a target before that target's Retry-After is over", async () => {
    let untilMs = 0;
    const early: string[] = [];
    const target = await serve((response, { path }) => {
      if (Date.now() < untilMs) early.push(path);
      if (untilMs > 0) return void response.end("fine\n");
      untilMs = Date.now() + 1000;
      response.writeHead(429, { "retry-after": "1" }).end();
    });
    const { origin } = await serve(shortener);
    const lines = Array.from({ length: 20 }, (_, i) => to(origin, `${target.origin}/${i}`));
    const { code, stderr } = await run([...lines, `${origin}/own`], "--per-host", "1", "-c", "5");
    expect(code, stderr).toBe(0);
    expect(early).toEqual([]);
    expect(target.asked.length).toBe(21);
  });

  it("frees its --per-host place, which counts for the target", async () => {
    const target = await serve((response) => void response.end("fine\n"));
    const { origin } = await serve(shortener);
    const lines = Array.from({ length: 60 }, (_, i) => to(origin, `${target.origin}/${i}`));
    const { code, stderr } = await run(lines, "--per-host", "2", "-c", "20");
    expect(code, stderr).toBe(0);
    expect(target.peakOpen).toBeLessThanOrEqual(2);
  });
});
