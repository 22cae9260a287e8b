// Kills a run repeatedly by SIGKILL, starts it again until it is done, and checks files and records.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { BIN, cleanEnv } from "../command.ts";

export interface KillOptions {
  /** An empty folder to work in. */
  readonly folder: string;
  readonly urls: number;
  readonly concurrency: number;
  /** Number of kills, at moments chosen by `random` (0 to 1) over all requests; `urls` is more than `kills` times `concurrency`. */
  readonly kills: number;
  readonly random: () => number;
  /** Further arguments of the command. */
  readonly args?: readonly string[];
  /** The saved bodies by their numbers. Default: the files of the folder. */
  readonly bodiesIn?: (output: string) => ReadonlyMap<number, Buffer>;
  /** Names that a complete run leaves. */
  readonly expected?: RegExp;
  /** The body of a path. Default: 1 to 4,000 bytes. */
  readonly bodyOf?: (path: string) => Buffer;
  /** Called at each kill. */
  readonly onKill?: (kill: number, requests: number) => void;
}

export interface KillResult {
  readonly kills: number;
  readonly starts: number;
  readonly requests: number;
  /** Number of requests beyond one per URL. */
  readonly twice: number;
  /** Maximum of `twice`: requests in flight, and those of the 0.2 s before each kill. */
  readonly allowedTwice: number;
  readonly files: number;
  readonly wrongFiles: readonly string[];
  readonly records: number;
  /** Numbers without a record, or with more than one. */
  readonly wrongRecords: readonly number[];
  /** Records of failures, which are not expected. */
  readonly failures: readonly string[];
  /** Other files in the folder. */
  readonly leftovers: readonly string[];
  readonly exitCode: number | null;
  readonly seconds: number;
}

const UNRECORDED_MS = 200;

/** The files of a complete run. */
const EXPECTED = /^(\d{6}|(results|runs)\.jsonl|\.bulkget|\.bulkget\/since)$/;

function smallBody(path: string): Buffer {
  const seed = createHash("sha256").update(path).digest();
  return Buffer.alloc(1 + (seed.readUInt16BE(0) % 4000), seed);
}

export async function killedRun(options: KillOptions): Promise<KillResult> {
  const { folder, urls, concurrency, kills, random, onKill, args: more = [], bodyOf = smallBody } = options;
  const { bodiesIn = filesIn, expected = EXPECTED } = options;
  const beganMs = performance.now();
  const timesMs: number[] = [];
  // Every threshold is reached, although each kill before it adds `concurrency`.
  const span = urls - kills * concurrency;
  const thresholds = Array.from({ length: kills }, () => 1 + Math.floor(random() * span)).sort((a, b) => a - b);
  let kill = () => {};
  let killed = 0;
  let allowedTwice = 0;

  const server = createServer((request, response) => {
    timesMs.push(performance.now());
    // A new run makes some requests before its own kill.
    const threshold = thresholds[killed];
    if (threshold !== undefined && timesMs.length >= threshold + killed * concurrency) kill();
    response.setHeader("content-type", "application/octet-stream");
    response.end(bodyOf(request.url ?? ""));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const list = join(folder, "urls.txt");
  const output = join(folder, "out");
  writeFileSync(list, Array.from({ length: urls }, (_, i) => `http://127.0.0.1:${port}/${i + 1}\n`).join(""));

  let starts = 0;
  const once = () =>
    new Promise<number | null>((resolve, reject) => {
      starts++;
      const args = [BIN, list, "-o", output, "-q", "-c", String(concurrency), "--min-free", "0", ...more];
      const child = spawn(process.execPath, args, { cwd: folder, env: cleanEnv(), stdio: "ignore" });
      kill = () => {
        kill = () => {};
        const nowMs = performance.now();
        allowedTwice += concurrency;
        for (let i = timesMs.length - 1; i >= 0 && (timesMs[i] ?? 0) > nowMs - UNRECORDED_MS; i--) allowedTwice++;
        killed++;
        onKill?.(killed, timesMs.length);
        child.kill("SIGKILL");
      };
      child.on("error", reject);
      child.on("close", (code) => resolve(code));
    });
  let exitCode = await once();
  while (exitCode === null) exitCode = await once(); // null: killed
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));

  const wrongFiles: string[] = [];
  let files = 0;
  const bodies = bodiesIn(output);
  for (let n = 1; n <= urls; n++) {
    if (bodies.get(n)?.equals(bodyOf(`/${n}`)) === true) files++;
    else wrongFiles.push(String(n));
  }
  const counts = new Map<number, number>();
  const lines = readFileSync(join(output, "results.jsonl"), "utf8").trimEnd().split("\n");
  for (const line of lines) {
    const { n, outcome } = JSON.parse(line) as { n: number; outcome: string };
    counts.set(n, (counts.get(n) ?? 0) + (outcome === "saved" ? 1 : 1000));
  }
  const numbers = Array.from({ length: urls }, (_, i) => i + 1);
  return {
    kills: killed,
    starts,
    requests: timesMs.length,
    twice: timesMs.length - urls,
    allowedTwice,
    files,
    wrongFiles,
    records: lines.length,
    wrongRecords: numbers.filter((n) => counts.get(n) !== 1),
    failures: lines.filter((line) => line.includes('"outcome":"failed"')).slice(0, 10),
    leftovers: readdirSync(output, { recursive: true, encoding: "utf8" }).filter((name) => !expected.test(name)),
    exitCode,
    seconds: (performance.now() - beganMs) / 1000,
  };
}

function filesIn(output: string): ReadonlyMap<number, Buffer> {
  const names = readdirSync(output).filter((name) => /^\d{6}$/.test(name));
  return new Map(names.map((name) => [Number(name), readFileSync(join(output, name))]));
}
