// Downloads a listing of a million names in pages of 1,000 with SIGKILL at random moments: memory, overlap, and pages asked for twice.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BIN } from "../support/command.ts";

const USAGE = "node dist/test/bench/listing.js [names] [kills] [option of bulkget ...]";
const PER_PAGE = 1000;
const POLL_MS = 100;

const [names = "1000000", kills = "10", ...options] = process.argv.slice(2);
if (!/^[1-9]\d*000$/.test(names) || !/^\d+$/.test(kills)) throw new Error(USAGE);
const total = Number(names);

/** The number of the first line of each page that was asked for, in the run that is under way. */
let asked: number[] = [];
let gets = 0;
/** The most lines that were listed and not asked for yet. */
let ahead = 0;
let listed = 0;
let killAt = Number.POSITIVE_INFINITY;
let kill = () => {};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://site");
  if (pathname !== "/list") {
    if (++gets >= killAt) kill();
    response.end(`${pathname}\n`);
    return;
  }
  const from = Number(searchParams.get("next-marker") ?? 0);
  asked.push(from + 1);
  listed += PER_PAGE;
  ahead = Math.max(ahead, listed - gets);
  const page = Array.from({ length: PER_PAGE }, (_, i) => `file-${from + i}`);
  const next = from + PER_PAGE;
  response.end(JSON.stringify({ FileNames: page, NextFile: next < total ? String(next) : "" }));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const folder = mkdtempSync(join("/dev/shm", "bulkget-listing-"));
const out = join(folder, "out");
const args = [
  ...[
    "--list-url",
    `${origin}/list`,
    "--list-kind",
    "json",
    "--list-items",
    "$.FileNames[*]",
    "--list-next",
    "$.NextFile",
  ],
  ...["--list-param", "next-marker", "--list-base", `${origin}/get/`, "-o", out, "-q", ...options],
];

let isRight = true;
try {
  const moments = Array.from({ length: Number(kills) }, () => Math.floor(Math.random() * total)).sort((a, b) => a - b);
  const beganMs = performance.now();
  let done: Uint8Array = new Uint8Array(total + 1);
  let pages = 0;
  let twice = 0;
  let finishedTwice = 0;
  const seen = new Set<number>();
  for (const moment of [...moments, Number.POSITIVE_INFINITY]) {
    asked = [];
    [listed, gets, ahead] = [0, 0, 0];
    killAt = moment === Number.POSITIVE_INFINITY ? moment : Math.max(1, moment - countOf(done));
    const run = await runOnce();
    pages += asked.length;
    for (const first of asked) {
      if (seen.has(first)) twice++;
      if (isDone(done, first)) finishedTwice++;
      seen.add(first);
    }
    done = await recorded();
    const how = run.signal ?? `exit ${run.code}`;
    console.log(
      `${how}: ${countOf(done)} recorded, ${asked.length} pages, at most ${ahead} lines ahead, RSS ${run.peakMb} MB at most, ${run.lateMb} MB at the end`,
    );
    if (run.signal === null) isRight &&= run.code === 0;
  }
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
  console.log(
    `${seconds} s; ${pages} pages asked for, ${twice} again, of them ${finishedTwice} whose lines were all done`,
  );
  isRight &&= countOf(done) === total && finishedTwice === 0 && ahead <= 12 * PER_PAGE;
  console.log(isRight ? "as it must be" : "NOT as it must be");
} finally {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isRight ? 0 : 1;

async function runOnce() {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  kill = () => child.kill("SIGKILL");
  const rss: number[] = [];
  const timer = setInterval(() => {
    const mb = megabytesOf(child.pid ?? 0);
    if (mb > 0) rss.push(mb);
  }, POLL_MS);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  clearInterval(timer);
  return { code, signal, peakMb: Math.max(0, ...rss), lateMb: rss.at(-1) ?? 0 };
}

function megabytesOf(pid: number): number {
  try {
    return Math.round(Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1024);
  } catch {
    return 0; // it has just ended
  }
}

/** The lines that are saved, by the records. */
async function recorded(): Promise<Uint8Array> {
  const lines = new Uint8Array(total + 1);
  for await (const line of createInterface({ input: createReadStream(join(out, "results.jsonl")) })) {
    const n = Number(/^\{"n":(\d+),.*"outcome":"saved".*\}$/.exec(line)?.[1] ?? 0);
    if (n > 0) lines[n] = 1;
  }
  return lines;
}

function countOf(lines: Uint8Array): number {
  return lines.reduce((sum, one) => sum + one, 0);
}

function isDone(lines: Uint8Array, first: number): boolean {
  return lines.subarray(first, first + PER_PAGE).every((one) => one === 1);
}
