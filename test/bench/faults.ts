// Measures the cost of faults: 20,000 URLs of a server that drops, refuses and stalls, against the unavoidable time.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { heap } from "../../src/core/scheduler/order.ts";
import { decideRetry } from "../../src/policy/retry.ts";
import { bulkgetCommand, recordsOf } from "../support/command.ts";
import { hash, random } from "../support/rude/content.ts";
import { host } from "../support/rude/host.ts";

const DROPPED = 0.2;
const REFUSED = 0.1;
const STALLED = 0.02;
const TIMEOUT_MS = 1000;
const RETRIES = 20;
const SIMULATIONS = 20;

type Fate = "fine" | "dropped" | "refused" | "stalled";

/** The fate of a URL's nth try, equal in every run. */
function fateOf(url: number, nth: number): Fate {
  const chance = random(hash(`/${url} ${nth}`))() / 2 ** 32;
  if (chance < DROPPED) return "dropped";
  if (chance < DROPPED + REFUSED) return "refused";
  return chance < DROPPED + REFUSED + STALLED ? "stalled" : "fine";
}

/** Seconds from the start until a part of the URLs was saved. */
interface Took {
  readonly most: number;
  readonly all: number;
}

/** Times until 99 % and 100 %. The last few URLs depend on random back-offs. */
function took(doneMs: number[]): Took {
  doneMs.sort((a, b) => a - b);
  const at = (share: number) => (doneMs[Math.ceil(share * doneMs.length) - 1] ?? Number.NaN) / 1000;
  return { most: at(0.99), all: at(1) };
}

/**
 * The time of an ideal scheduler without knowledge of hosts: a try occupies a slot for the time of a faultless response, or
 * for the timeout; after a failure the URL waits for its back-off without a slot, and is started first.
 */
function forced(urls: number, slots: number, tryMs: number): Took {
  const free = heap<undefined>();
  const again = heap<{ readonly url: number; readonly nth: number }>();
  let fresh = 0;
  const savedMs: number[] = [];
  for (let slot = 0; slot < slots; slot++) free.push(0, undefined);
  while (fresh < urls || again.size > 0) {
    const atMs = fresh < urls ? free.minKey : Math.max(free.minKey, again.minKey);
    const task = again.minKey <= atMs ? again.pop() : { url: ++fresh, nth: 1 };
    if (task === undefined) break;
    free.pop();
    const fate = fateOf(task.url, task.nth);
    const doneMs = atMs + (fate === "stalled" ? TIMEOUT_MS : tryMs);
    free.push(doneMs, undefined);
    if (fate === "fine") {
      savedMs.push(doneMs);
      continue;
    }
    const lost = { error: "connection_lost", detail: "" } as const;
    const verdict = decideRetry(lost, task.nth, { retries: RETRIES, maxRetryAfterMs: 0 }, Math.random);
    if ("delayMs" in verdict) again.push(doneMs + verdict.delayMs, { url: task.url, nth: task.nth + 1 });
  }
  return took(savedMs);
}

async function measured(folder: string, urls: number, slots: number, faulty: boolean): Promise<Took> {
  const savedMs: number[] = [];
  let beganMs = 0;
  const tries = new Map<string, number>();
  const server = await host((response, { path }) => {
    const nth = (tries.get(path) ?? 0) + 1;
    tries.set(path, nth);
    const fate = faulty ? fateOf(Number(path.slice(1)), nth) : "fine";
    if (fate === "fine") response.end("fine\n", () => savedMs.push(performance.now() - beganMs));
    else if (fate === "refused") response.writeHead(503).end();
    // Drops after the first byte: an earlier loss of a reused connection is retried at once and not counted.
    else if (fate === "dropped") response.socket?.end("HTTP/1.1 200 OK\r\nX-Half: o");
  });
  try {
    const list = join(folder, "urls.txt");
    writeFileSync(list, Array.from({ length: urls }, (_, i) => `${server.origin}/${i + 1}\n`).join(""));
    const output = join(folder, faulty ? "faulty" : "clean");
    const limits = ["-c", String(slots), "--timeout", `${TIMEOUT_MS}ms`, "--retries", String(RETRIES)];
    beganMs = performance.now();
    const { code, stderr } = await bulkgetCommand([list, "-q", "-o", output, ...limits], { cwd: folder });
    const saved = [...recordsOf(output).values()].filter(({ outcome }) => outcome === "saved").length;
    if (code !== 0 || saved !== urls) throw new Error(`exit ${code}, ${saved} of ${urls} saved\n${stderr}`);
    return took(savedMs);
  } finally {
    await server.close();
  }
}

const urls = Number(process.argv[2] ?? 20_000);
const slots = Number(process.argv[3] ?? 50);
const folder = mkdtempSync(join(tmpdir(), "bulkget-faults-"));
try {
  const clean = await measured(folder, urls, slots, false);
  const faulty = await measured(folder, urls, slots, true);
  const tryMs = (clean.all / urls) * slots * 1000;
  const simulated = Array.from({ length: SIMULATIONS }, () => forced(urls, slots, tryMs));
  console.log(`${urls} URLs, -c ${slots}: all saved`);
  for (const [share, key] of [
    ["99 %", "most"],
    ["all", "all"],
  ] as const) {
    const seconds = simulated.map((one) => one[key]).sort((a, b) => a - b);
    const mean = seconds.reduce((sum, one) => sum + one, 0) / SIMULATIONS;
    const [least = 0, most = 0] = [seconds[0], seconds.at(-1)];
    console.log(
      `${share.padEnd(5)} without faults ${clean[key].toFixed(1)} s; the faults force ${mean.toFixed(1)} s ` +
        `(${least.toFixed(1)} to ${most.toFixed(1)} s, back-offs being random); bulkget ${faulty[key].toFixed(1)} s, ` +
        `${(faulty[key] / mean).toFixed(2)} of that`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
