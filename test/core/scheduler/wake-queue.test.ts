// When a host is looked at again: as a simple model has it, in memory for the hosts that wait and not for how often they did.

import { strictEqual } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hostLimits, hostNamed } from "../../../src/core/scheduler/host.ts";
import { wakeQueue } from "../../../src/core/scheduler/wake-queue.ts";
import { ROOT } from "../../support/command.ts";

const NEVER = Number.POSITIVE_INFINITY;

it("the wake queue returns the earliest time, whatever was set before", () => {
  const step = fc.record({
    host: fc.nat(5),
    inMs: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant(NEVER)),
    passMs: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 500, size: "max" }), (steps) => {
      const times = wakeQueue();
      const hosts = Array.from({ length: 6 }, (_, i) => hostNamed(`h${i}`, hostLimits(1, undefined)));
      let nowMs = 0;
      for (const { host: i, inMs, passMs } of steps) {
        const host = hosts[i] ?? expect.unreachable();
        times.set(host, nowMs + inMs);
        strictEqual(times.leastMs(), Math.min(...hosts.map(({ wakeMs }) => wakeMs)));
        nowMs += passMs;
        const due = new Set(hosts.filter(({ wakeMs }) => wakeMs <= nowMs));
        for (let one = times.due(nowMs); one !== undefined; one = times.due(nowMs)) {
          strictEqual(due.delete(one), true);
          times.set(one, NEVER);
        }
        strictEqual(due.size, 0);
      }
    }),
    { numRuns: 300 },
  );
});

it("the wake queue needs no memory per job of a closed host", () => {
  const url = (file: string) => JSON.stringify(pathToFileURL(join(ROOT, `dist/src/${file}.js`)).href);
  const program = `
    import { frontier } from ${url("core/scheduler/frontier")};
    import { ORDERS } from ${url("core/scheduler/order")};
    import { overloadLimit } from ${url("policy/overload-limit")};
    const queue = frontier({ capacity: 10_000, capacityChars: 1e7, perHost: 50, concurrency: 50, order: ORDERS.fair, overloadLimit });
    queue.add({ n: 0, url: "http://a.example/" }, 0);
    queue.finished(queue.next(0), "overloaded", 0);
    queue.park("a.example", 86_400_000, { error: "http_status", detail: "429" });
    let refused = 0;
    for (let n = 1; n <= 1_500_000; n++) {
      queue.add({ n, url: "http://a.example/" }, 1);
      if (queue.next(1)?.refused !== undefined) refused++;
    }
    console.log(refused);
  `;
  const args = ["--max-old-space-size=40", "--input-type=module", "-e", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stdout, stderr).toBe("1500000\n");
});
