// The hosts that failed most: exact for up to 1,000 hosts, bounded beyond, and never overstated.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failingHosts } from "../../src/report/failing-hosts.ts";
import { failingHostLines } from "../../src/report/host-lines.ts";
import { failed, saved, skipped } from "../core/outcomes.ts";
import { viewOf } from "./view.ts";

const FORBIDDEN = { error: "http_status", status: 403, detail: "403 Forbidden" } as const;

describe("the hosts that failed most", () => {
  it("are shown with their number of lines and their reason", () => {
    const hosts = failingHosts();
    for (let i = 0; i < 125; i++) void hosts.outcome(failed({ url: "https://h13.example/x", ...FORBIDDEN }));
    for (let i = 0; i < 1200; i++) {
      const url = "http://me:***@h14.example:8080/x";
      void hosts.outcome(failed(i < 800 ? { url, error: "truncated" } : { url, ...FORBIDDEN }));
    }
    for (let i = 0; i < 9; i++) void hosts.outcome(failed({ url: `http://single-${i}.example/` }));
    void hosts.outcome(saved({ url: "http://good.example/" }));
    void hosts.outcome(skipped({ url: "http://good.example/" }));
    void hosts.outcome(failed({ url: "http://good.example/", error: "interrupted" }));
    void hosts.outcome(failed({ url: "no URL", error: "invalid_url" }));
    const lines = new Map([
      ["h13.example:443", 125],
      ["h14.example:8080", 30_000],
    ]);
    const view = viewOf([], { linesOf: (host) => lines.get(host) });
    expect(failingHostLines(hosts, view)).toEqual([
      "hosts   h14.example:8080 1,200 of 30,000 (mostly the body was cut short)",
      "        h13.example 125 of 125 (403)",
      "        9 other hosts with failures",
    ]);
    expect(failingHostLines(hosts, viewOf([]))[1]).toBe("        h13.example 125 (403)");
  });

  it("are not shown where each has a single failure", () => {
    const hosts = failingHosts();
    for (let i = 0; i < 9; i++) void hosts.outcome(failed({ url: `http://single-${i}.example/` }));
    expect(failingHostLines(hosts, viewOf([]))).toEqual([]);
  });

  it("are right to the stated error among more hosts than are kept", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 1000 }), (often, seed) => {
        const hosts = failingHosts();
        const truth = new Map<string, number>();
        let state = seed;
        for (let i = 0; i < 6000; i++) {
          state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
          const name = i % often === 0 ? `often-${state % 5}.example` : `h${i}-${state % 7}.example`;
          truth.set(name, (truth.get(name) ?? 0) + 1);
          void hosts.outcome(failed({ url: `http://${name}/` }));
        }
        const { hosts: top, isComplete } = hosts.top(5);
        expect(isComplete).toBe(truth.size <= 1000);
        for (const { host, failed, missed } of top) {
          expect(failed).toBeGreaterThanOrEqual(0);
          expect(failed).toBeLessThanOrEqual(truth.get(host) ?? 0);
          expect(failed + missed).toBeGreaterThanOrEqual(truth.get(host) ?? 0);
        }
        expect(top[0]?.host).toMatch(/^often/);
      }),
      { numRuns: 20 },
    );
  });

  it("take bounded memory, whatever the number of hosts and reasons", () => {
    const hosts = failingHosts();
    for (let i = 0; i < 10_000; i++) void hosts.outcome(failed({ url: `http://h${i}.example/` }));
    for (let i = 0; i < 100; i++)
      void hosts.outcome(failed({ url: "http://a.example/", error: "http_status", status: 400 + i }));
    const { hosts: top, others } = hosts.top(1);
    expect(top.length + others).toBeLessThanOrEqual(1000);
    expect(top[0]?.reasons.length).toBeLessThanOrEqual(9);
    // It came when other hosts had left the table: it may have been one of them.
    expect(top[0]?.missed).toBeGreaterThan(0);
    expect(failingHostLines(hosts, viewOf([]))[0]).toMatch(/^hosts {3}a\.example at least 100 \(/);
  });
});
