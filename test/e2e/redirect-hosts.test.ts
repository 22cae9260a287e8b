// Redirects to other hosts: what happens there is held against that host, and not against the one that redirected.

import { describe, expect, it } from "vitest";
import { recordsOf } from "../support/command.ts";
import { linesOf, own, ownFolder } from "../support/own.ts";
import { type Act, host } from "../support/rude/host.ts";

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

/** Addresses of hosts of their own where nobody listens. */
const dead = (count: number) => Array.from({ length: count }, (_, i) => `http://127.0.3.${i + 1}:9/`);

describe("a host that redirects", () => {
  it("keeps all its other lines, however many of the hosts where it leads are dead", async () => {
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

  it.each([[], ["--workers", "2"]])(
    "with 20 %% of its targets dead has every good line saved, in a few tries each (%j)",
    async (...args) => {
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

  it("is asked for no line that leads to a host that wants to be left alone, until that host's time is over", async () => {
    let untilMs = 0;
    const early: string[] = [];
    const target = await serve((response, { path }) => {
      if (Date.now() < untilMs) early.push(path);
      if (untilMs > 0) return void response.end("fine\n");
      untilMs = Date.now() + 2000;
      response.writeHead(429, { "retry-after": "2" }).end();
    });
    const { origin } = await serve(shortener);
    const lines = Array.from({ length: 20 }, (_, i) => to(origin, `${target.origin}/${i}`));
    const { code, stderr } = await run([...lines, `${origin}/own`], "--per-host", "1", "-c", "5");
    expect(code, stderr).toBe(0);
    expect(early).toEqual([]);
    expect(target.asked.length).toBe(21);
  });

  it("gives its place free: the cap counts where the request is", async () => {
    const target = await serve((response) => void response.end("fine\n"));
    const { origin } = await serve(shortener);
    const lines = Array.from({ length: 60 }, (_, i) => to(origin, `${target.origin}/${i}`));
    const { code, stderr } = await run(lines, "--per-host", "2", "-c", "20");
    expect(code, stderr).toBe(0);
    expect(target.peakOpen).toBeLessThanOrEqual(2);
  });
});
