// The page of a report: golden for a small run, right for tiny and odd ones, and not too large.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reportPage } from "../../../src/report/page/page.ts";
import { statisticsOf } from "../../../src/report/statistics/fold.ts";
import type { Statistics } from "../../../src/report/statistics/statistics.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { ROOT } from "../../support/command.ts";
import { madeUp, twoRuns } from "./made-up.ts";

const MADE_AT = Date.UTC(2026, 10, 29, 12);
const pageOf = (statistics: Statistics) => reportPage(statistics, "1.2.3", MADE_AT);
/** Without style, script and their hashes. */
const bodyOf = (page: string) =>
  page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, "<$1></$1>").replace(/sha256-[\w+/=]+/g, "sha256-");

describe("the page", () => {
  it("of a small run of two parts is golden", async () => {
    const page = pageOf(madeUp({ urls: 24, failing: 0.2, hosts: 3, perSecond: 40, runs: twoRuns(1600) }));
    await expect(bodyOf(page)).toMatchFileSnapshot(join(ROOT, "fixtures/golden/report.html"));
  });

  it.each([
    ["no record", madeUp({ urls: 0 })],
    ["one record", madeUp({ urls: 1 })],
    ["one failure", madeUp({ urls: 1, failing: 1 })],
    ["failures alone", madeUp({ urls: 300, failing: 1 })],
    ["10,000,000 records", madeUp({ urls: 10_000_000, hosts: 300, perSecond: 1500 })],
    ["records without times", statisticsOf([saved({ total_ms: 0 }), failed({ n: 2, total_ms: 0 })])],
    [
      "records of one millisecond",
      statisticsOf(Array.from({ length: 50 }, (_, i) => saved({ n: i + 1, total_ms: 0 }))),
    ],
  ])("of %s has no silly figure, and the same parts", (_, statistics) => {
    const page = bodyOf(pageOf(statistics));
    expect(page).not.toMatch(/NaN|Infinity|undefined|null|\[object|e-\d|-\d+(\.\d+)?%/);
    const titles = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(titles).toEqual(["Over time", "Chronology", "Times", "Failures", "Hosts", "Bodies", "URLs"]);
  });

  it("is at most 300 KB for 500 records and 3 MB for 10,000,000, and made in at most half a second", () => {
    const start = process.cpuUsage();
    const small = pageOf(madeUp({ urls: 500, failing: 0.1 }));
    const { user, system } = process.cpuUsage(start); // tests run in parallel: the time on the clock says little
    expect((user + system) / 1000).toBeLessThan(500 * 4);
    expect(Buffer.byteLength(small)).toBeLessThan(300_000);
    const url = (n: number) => `https://h${n % 300}.example.org/${"path/".repeat(40)}${n}?signature=${"f".repeat(600)}`;
    for (const more of [{}, { url }, { failing: 0.4 }, { failing: 1, url }]) {
      const page = pageOf(madeUp({ urls: 10_000_000, hosts: 300, perSecond: 1500, ...more }));
      expect(Buffer.byteLength(page)).toBeLessThan(3_000_000);
    }
  });

  it("has no port that all hosts have in the names beside their times", () => {
    const names = (hosts: readonly string[]) => {
      const records = hosts.map((host, i) => saved({ n: i + 1, url: `https://${host}/a`, total_ms: 100 }));
      return [...pageOf(statisticsOf(records)).matchAll(/<tspan class="narrow">(.*?)<\/tspan>/g)].map(
        ([, name]) => name,
      );
    };
    expect(names(["127.0.0.101:8080", "127.0.0.102:8080"])).toEqual(["127.0.0.101", "127.0.0.102"]);
    expect(names(["a.example", "b.example"])).toEqual(["a.example", "b.example"]);
    expect(names(["a.example:8080", "a.example"])).toEqual(["a.example:443", "a.example:8080"]);
  });

  it("has no peak where the last step is too short for a rate", () => {
    // 60 URLs in 3 s, and a failure 4 ms after the end of the last whole step.
    const time = (ms: number) => new Date(1_764_000_000_000 + ms).toISOString();
    const records = Array.from({ length: 60 }, (_, i) => saved({ n: i + 1, total_ms: 1, time: time(1 + 50 * i) }));
    records[59] = saved({ n: 60, total_ms: 1, time: time(2995) });
    const page = pageOf(statisticsOf([...records, failed({ n: 61, total_ms: 1, time: time(3020) })]));
    const most = /<b>Failures a second<\/b> <span>at most ([0-9.,]+)/.exec(page)?.[1];
    expect(Number(most)).toBeLessThan(12); // one in a step of about 100 ms
  });

  it("allows its own style and script alone, by their hashes", () => {
    const page = pageOf(madeUp({ urls: 30 }));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll("&#39;", "'");
    const hashOf = (tag: string) => {
      const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? "";
      return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    };
    expect(policy).toBe(
      `default-src 'none'; style-src ${hashOf("style")}; script-src ${hashOf("script")}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    expect(page).not.toMatch(/\bstyle="|\bon\w+="|\bhref="(?!#|data:,")|\bsrc=/);
  });
});
