// Measures what the queue costs: the same list by a plain run and by a worker of a fleet, by one process and by two.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN } from "../support/command.ts";
import { ownRedis } from "../support/servers/redis.ts";
import { ownServer } from "./contest/servers.ts";
import { type Command, measure } from "./measure.ts";

const USAGE = "node dist/test/bench/fleet.js [rounds] [urls] [bytes] [lines in a chunk], default: 5 100000 1000 10000";
const LIMIT_SECONDS = 300;

const given = process.argv.slice(2);
if (given.length > 4 || given.some((word) => !/^[1-9]\d{0,7}$/.test(word))) throw new Error(USAGE);
const [rounds = 5, urls = 100_000, bytes = 1000, chunkLines = 10_000] = given.map(Number);

const folder = mkdtempSync(join("/dev/shm", "bulkget-fleet-"));
const server = await ownServer();
const redis = await ownRedis(folder);
const list = join(folder, "urls.txt");
const out = join(folder, "out");
const lines = Array.from({ length: urls }, (_, i) => `http://127.0.0.1:${server.port}/b/${bytes}/${i + 1}\n`);
writeFileSync(list, lines.join(""));
const signal = new AbortController().signal;

const bulkget = (...words: readonly string[]): Command => ({ argv: [process.execPath, BIN, ...words], cwd: folder });
const enqueue = bulkget("enqueue", list, "-o", out, "-q", "--queue", redis.url, "--chunk", String(chunkLines));
const work = (processes: string) => bulkget("work", "--until-done", "-q", "-w", processes, "--queue", redis.url);

interface Kind {
  readonly name: string;
  readonly before?: Command;
  readonly command: Command;
}

/** Each of a fleet comes after the plain one that it is compared with. */
const KINDS: readonly Kind[] = [
  { name: "bulkget", command: bulkget(list, "-o", out, "-q") },
  { name: "work -w 1", before: enqueue, command: work("1") },
  { name: "bulkget --workers 2", command: bulkget(list, "-o", out, "-q", "--workers", "2") },
  { name: "work -w 2", before: enqueue, command: work("2") },
];

interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

async function run(command: Command): Promise<Taken> {
  const cost = await measure(command, LIMIT_SECONDS, signal);
  if ("timedOutSeconds" in cost || cost.exitCode !== 0) throw new Error(JSON.stringify(cost));
  return { wall: cost.wallSeconds, cpu: cost.userSeconds + cost.sysSeconds };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const taken = new Map<string, Taken[]>(KINDS.map(({ name }) => [name, []]));
try {
  for (let round = 1; round <= rounds; round++) {
    for (const { name, before, command } of KINDS) {
      rmSync(out, { recursive: true, force: true });
      if (before !== undefined) {
        await redis.send("FLUSHALL");
        await run(before);
      }
      const cost = await run(command);
      taken.get(name)?.push(cost);
      console.error(`${round} ${name}: ${cost.wall.toFixed(2)} s, CPU ${cost.cpu.toFixed(2)} s`);
    }
  }
} finally {
  await redis.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

console.log("| command | wall s | CPU s | wall, of the plain run | CPU, of the plain run |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const [i, { name }] of KINDS.entries()) {
  const own = taken.get(name) ?? [];
  const plain = taken.get(KINDS[i - (i % 2)]?.name ?? "") ?? [];
  const ratio = (of: keyof Taken) => median(own.map((cost, round) => cost[of] / (plain[round]?.[of] ?? Number.NaN)));
  const values = [median(own.map(({ wall }) => wall)), median(own.map(({ cpu }) => cpu)), ratio("wall"), ratio("cpu")];
  console.log(`| ${name} | ${values.map((value) => value.toFixed(2)).join(" | ")} |`);
}
