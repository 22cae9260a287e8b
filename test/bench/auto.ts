// `node dist/test/bench/auto.js [rounds] [knee|nginx|all] [URLs]`: -c auto against fixed numbers, on a server with capacity 40 and on nginx.

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bulkgetCommand } from "../support/command.ts";
import { host } from "../support/rude/host.ts";
import { nginxServer } from "./contest/servers.ts";

interface Contest {
  readonly name: string;
  readonly urls: readonly string[];
  readonly fixed: readonly number[];
}

interface Result {
  readonly seconds: number;
  readonly failed: number;
  readonly said: string;
}

const [rounds = "3", which = "all", count] = process.argv.slice(2);
/** Gives runs of 10 to 15 s, because the search takes some seconds, whose cost is not measured here. */
const LENGTHS = { knee: 12_000, nginx: 200_000 } as const;
const WORKERS = 40;
const SERVICE_MS = 50;
const folder = mkdtempSync(join("/dev/shm", "bulkget-auto-"));

/** Serves `workers` requests at a time; the others queue. */
async function kneeServer() {
  const queue: (() => void)[] = [];
  let busy = 0;
  const body = Buffer.alloc(2000, "knee ");
  return host((response) => {
    const work = () => {
      busy++;
      setTimeout(() => {
        busy--;
        response.end(body);
        queue.shift()?.();
      }, SERVICE_MS);
    };
    if (busy < WORKERS) work();
    else queue.push(work);
  });
}

async function run(urls: readonly string[], concurrency: string): Promise<Result> {
  const beganMs = performance.now();
  const args = ["-", "-c", concurrency, "-o", join(folder, "out"), "--progress", "none", "--durability", "none"];
  const { code, stderr } = await bulkgetCommand(args, { cwd: folder, stdin: urls.join("\n") });
  const seconds = (performance.now() - beganMs) / 1000;
  rmSync(join(folder, "out"), { recursive: true, force: true });
  const said = /^auto +(.*)$/m.exec(stderr)?.[1] ?? "";
  const failed = Number(/^failed +([\d,]+)/m.exec(stderr)?.[1]?.replaceAll(",", "") ?? urls.length);
  if (code !== 0) console.error(stderr);
  return { seconds, failed, said };
}

/** Interleaves the runs, so that a temporary load affects all of them. */
async function contest({ name, urls, fixed }: Contest): Promise<void> {
  const kinds = ["auto", ...fixed.map(String)];
  const results = new Map<string, Result[]>(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < Number(rounds); round++) {
    for (const kind of kinds) results.get(kind)?.push(await run(urls, kind));
  }
  const secondsOf = (kind: string) => (results.get(kind) ?? []).map(({ seconds }) => seconds);
  const medians = kinds.map((kind) => [kind, median(secondsOf(kind))] as const);
  const [best] = medians.slice(1).reduce((one, other) => (other[1] < one[1] ? other : one));
  // Compares within rounds, because the speed of the machine changes between them.
  const beside = (kind: string) =>
    median(secondsOf(kind).map((seconds, round) => seconds / (secondsOf(best)[round] ?? 0)));
  console.log(`${name}, ${urls.length} URLs, medians of ${rounds}:`);
  for (const [kind, seconds] of medians) {
    const all = results.get(kind) ?? [];
    const failed = all.reduce((sum, one) => sum + one.failed, 0);
    const said = all.map((one) => one.said).filter((one) => one !== "");
    const each = secondsOf(kind).map((one) => one.toFixed(2));
    const rest = [`${beside(kind).toFixed(2)} of the best`, `${failed} failed`, ...said].join("; ");
    console.log(`  -c ${kind.padEnd(4)} ${seconds.toFixed(2)} s (${each.join(" ")})  ${rest}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const paths = (origin: string, count: number) => Array.from({ length: count }, (_, i) => `${origin}/${i}`);

try {
  if (which !== "nginx") {
    const knee = await kneeServer();
    const name = `${WORKERS} at a time, ${SERVICE_MS} ms each`;
    await contest({ name, urls: paths(knee.origin, Number(count ?? LENGTHS.knee)), fixed: [20, 40, 60, 120] });
    await knee.close();
  }
  if (which !== "knee") {
    const nginx = await nginxServer(folder, [100]);
    const urls = paths(`http://127.0.0.1:${nginx.port}/b/100`, Number(count ?? LENGTHS.nginx));
    await contest({ name: "nginx on this machine, 100 bytes", urls, fixed: [4, 16, 50, 200] });
    await nginx.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
