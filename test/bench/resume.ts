// Measures the resumption of a folder with a million records and files, with a hundred lines left to fetch.

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { BIN } from "../support/command.ts";
import { measure } from "./measure.ts";

const LINES = Number(process.argv[2] ?? 1_000_000);
const LEFT = 100;
const RUNS = 5;

const folder = mkdtempSync(join("/dev/shm", "bulkget-resume-"));
const server = createServer((_, response) => response.end("x"));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
try {
  prepare();
  const seconds: number[] = [];
  const peaks: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    // Each run has a list with a hundred more lines at its end.
    append(join(folder, "urls.txt"), LINES + i * LEFT, LEFT, (n) => `${origin}/${n}\n`);
    const argv = [process.execPath, BIN, "urls.txt", "-o", "out", "-q"];
    const cost = await measure({ argv, cwd: folder }, 300, new AbortController().signal);
    if ("timedOutSeconds" in cost || cost.exitCode !== 0) throw new Error(JSON.stringify(cost));
    seconds.push(cost.wallSeconds);
    peaks.push((cost.peakRssBytes ?? 0) / 1e6);
    console.error(`run ${i + 1} of ${RUNS}: ${cost.wallSeconds} s, ${Math.round(peaks.at(-1) ?? 0)} MB`);
  }
  const middle = (all: readonly number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  console.log(`${LINES} records, ${LEFT} to do: ${middle(seconds)} s, peak ${Math.round(middle(peaks))} MB`);
} finally {
  server.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Writes the files and records of a run of `LINES` lines. */
function prepare(): void {
  mkdirSync(join(folder, "out"));
  append(join(folder, "urls.txt"), 0, LINES, (n) => `${origin}/${n}\n`);
  const time = new Date().toISOString();
  append(join(folder, "out/results.jsonl"), 0, LINES, (n) => {
    const file = String(n).padStart(6, "0");
    writeFileSync(join(folder, "out", file), "x");
    const measured = { attempts: 1, ttfb_ms: 40.1, total_ms: 71.3, time, type: "text/plain", etag: '"5f-abc"' };
    return `${JSON.stringify({ n, url: `${origin}/${n}`, outcome: "saved", file, status: 200, bytes: 1, ...measured })}\n`;
  });
}

function append(path: string, after: number, lines: number, line: (n: number) => string): void {
  const fd = openSync(path, "a");
  try {
    for (let n = after + 1; n <= after + lines; n += 1000) {
      const last = Math.min(n + 999, after + lines);
      writeSync(fd, Array.from({ length: last - n + 1 }, (_, i) => line(n + i)).join(""));
    }
  } finally {
    closeSync(fd);
  }
}
