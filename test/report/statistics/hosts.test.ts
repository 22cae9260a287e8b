// The hosts with most URLs and with most failures: right to within the errors that they state, however few are counted.
import assert from "node:assert";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hostsFold } from "../../../src/report/statistics/hosts.ts";
import { measured } from "../../../src/report/statistics/measured.ts";
import type { HostCounts } from "../../../src/report/statistics/statistics.ts";
import { failed, saved } from "../../core/outcomes.ts";

/** Records of some hosts, the first with most, and one with most failures. */
const records = fc.array(
  fc.tuple(fc.nat(30), fc.nat(30), fc.nat(9), fc.nat(1000)).map(([a, b, luck, ms]) => {
    const host = Math.min(a, b);
    const over = { url: `http://h${host}.example/`, total_ms: ms };
    return luck < (host === 7 ? 8 : 2) ? failed(over) : saved({ ...over, bytes: 10 });
  }),
  { minLength: 1, maxLength: 500 },
);

it("counts of hosts are right to within their errors, and exact where each host has a counter", () => {
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 40 }), (all, counters) => {
      const fold = hostsFold(counters);
      for (const record of all) fold.add(measured(record));
      const totalMs = all.reduce((sum, { total_ms }) => sum + total_ms, 0);
      const [hosts, failing] = [fold.hosts(50, totalMs), fold.failingHosts(20, totalMs)];
      const of = (host: string) => all.filter(({ url }) => url === `http://${host}/`);
      const number = new Set(all.map(({ url }) => url)).size;
      const isExact = number <= counters;
      assert.deepEqual(fold.hostCount(), { hosts: Math.min(number, counters), isExact });
      for (const row of [...hosts, ...failing]) {
        const own = of(row.host);
        const failures = own.filter(({ outcome }) => outcome === "failed").length;
        assert(own.length <= row.urls && own.length >= row.urls - row.maxError, shown(row, own.length));
        assert(failures <= row.failed && failures >= row.failed - row.maxFailedError, shown(row, failures));
        assert(row.failed <= row.urls);
        if (!isExact) continue;
        assert.deepEqual([row.maxError, row.maxFailedError], [0, 0]);
        assert.equal(row.bytes, (own.length - failures) * 10);
        if (totalMs > 0) assert.equal(row.share, own.reduce((sum, { total_ms }) => sum + total_ms, 0) / totalMs);
      }
      assert.deepEqual(
        failing,
        failing.toSorted((a, b) => b.failed - a.failed),
      );
    }),
    { numRuns: 300 },
  );
});

it("a host with most failures is found among many hosts with more URLs", () => {
  const fold = hostsFold(100);
  for (let i = 0; i < 50; i++) fold.add(measured(failed({ url: "http://down.example/" })));
  for (let i = 0; i < 20_000; i++) fold.add(measured(saved({ url: `http://h${i % 500}.example/` })));
  const [down, none] = fold.failingHosts(20, 1);
  expect(none).toBeUndefined();
  expect(down).toMatchObject({ host: "down.example", failed: 50, maxFailedError: 0 });
  expect(down).not.toHaveProperty("p50Ms");
});

function shown(row: HostCounts, truly: number): string {
  return `${JSON.stringify(row)}: ${truly}`;
}
