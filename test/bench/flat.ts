// Measures speed and memory at every million of ten million lines from standard input: the cost per URL must stay constant.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BIN } from "../support/command.ts";
import { endless } from "./contest/endless.ts";
import { ownServer } from "./contest/servers.ts";
import type { Workload } from "./contest/workloads.ts";

const USAGE = "node dist/test/bench/flat.js [lines, in millions] [option of bulkget ...]";
const MILLION = 1_000_000;
const POLL_MS = 100;
const NEWLINE = 0x0a;
/** The unit of CPU times in /proc, in seconds. */
const TICK = 0.01;

const [millions = "10", ...options] = process.argv.slice(2);
if (!/^[1-9]\d{0,3}$/.test(millions)) throw new Error(USAGE);

const workload: Workload = {
  name: "flat",
  about: "does it stay flat",
  urls: Number(millions) * MILLION,
  quickUrls: MILLION,
  bytes: 100,
  concurrency: 50,
  endless: true,
  limitSeconds: 36_000,
};

interface Mark {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly nowBytes: number;
}

const folder = mkdtempSync(join("/dev/shm", "bulkget-flat-"));
const out = join(folder, "out");
mkdirSync(out);
const server = await ownServer();
const source = endless(workload, server.port, join(folder, "pipe"), out);
try {
  const stdin = openSync(source.pipe, "r");
  const child = spawn(process.execPath, [BIN, "-", "-c", "50", "-o", out, "-q", ...options], {
    stdio: [stdin, "ignore", "inherit"],
  });
  closeSync(stdin);
  const over = once(child, "exit");
  const marks: Mark[] = [look(child.pid ?? 0)];
  const records = counter(join(out, "results.jsonl"));
  console.log("million      URL/s   CPU µs/URL   RSS MB   peak MB");
  let now = marks[0];
  while (child.exitCode === null && child.signalCode === null) {
    await sleep(POLL_MS);
    const latest = look(child.pid ?? 0);
    if (latest.nowBytes > 0) now = latest; // else the command has just ended
    if (records() < marks.length * MILLION || now === undefined) continue;
    const before = marks.at(-1);
    if (before !== undefined) console.log(row(marks.length, before, now));
    marks.push(now);
  }
  const [code] = (await over) as [number | null];
  const isArchived = options.includes("--format"); // archives are removed as they come, and are not counted
  const problem = isArchived ? undefined : await source.problem();
  if (code !== 0 || problem !== undefined) throw new Error(`exit ${code}: ${problem ?? "but all files"}`);
  if (records() !== workload.urls) throw new Error(`${records()} records`);
  console.log(`${records()} records, exit ${code}`);
} finally {
  source.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

function row(million: number, before: Mark, now: Mark): string {
  const perSecond = MILLION / ((now.ms - before.ms) / 1000);
  const each = now.cpuSeconds - before.cpuSeconds; // seconds per million lines = microseconds per line
  const [rss, peak] = [now.nowBytes, now.peakBytes].map((bytes) => (bytes / 1e6).toFixed(0).padStart(8));
  return `${String(million).padStart(7)} ${perSecond.toFixed(0).padStart(10)} ${each.toFixed(1).padStart(12)} ${rss} ${peak}`;
}

/** CPU time and memory of the command and its living children so far. */
function look(pid: number): Mark {
  const mark = { ms: performance.now(), cpuSeconds: 0, peakBytes: 0, nowBytes: 0 };
  for (const one of [pid, ...children(pid)]) {
    const fields = read(`/proc/${one}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    mark.cpuSeconds += (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK;
    const status = read(`/proc/${one}/status`);
    mark.peakBytes += 1024 * Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0);
    mark.nowBytes += 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return mark;
}

function children(pid: number): readonly string[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Returns a function that counts the lines of a growing file. */
function counter(path: string): () => number {
  const buffer = Buffer.alloc(MILLION);
  let fd: number | undefined;
  let lines = 0;
  return () => {
    if (fd === undefined && existsSync(path)) fd = openSync(path, "r");
    if (fd === undefined) return lines;
    for (let bytes = readSync(fd, buffer); bytes > 0; bytes = readSync(fd, buffer)) {
      for (let at = buffer.indexOf(NEWLINE); at >= 0 && at < bytes; at = buffer.indexOf(NEWLINE, at + 1)) lines++;
    }
    return lines;
  };
}
