// Measures whether a host with 429 and Retry-After delays another one: 5,000 URLs of that one, alone and beside it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bulkgetCommand, recordsOf } from "../support/command.ts";
import { host } from "../support/rude/host.ts";

const QUICK = 5000;
const BUSY = 500;
const PER_WINDOW = 100;
const RETRY_AFTER_MS = 2000;
const ROUNDS = 7;
/** With 1, no request is in flight when the host refuses, so that none may come too early. */
const perHost = process.argv[2] ?? "50";

interface Round {
  /** Seconds from the first to the last request to the host that never refuses. */
  readonly quickSeconds: number;
  readonly wholeSeconds: number;
  readonly refusals: number;
  /** Requests that came before Retry-After was over: milliseconds since the last 429. */
  readonly earlyMs: readonly number[];
}

async function round(folder: string, withBusy: boolean): Promise<Round> {
  let left = 0;
  let saidMs = Number.NEGATIVE_INFINITY;
  let refusals = 0;
  const earlyMs: number[] = [];
  const quick = await host((response) => void response.end("fine\n"));
  const busy = await host((response, { atMs }) => {
    const isEarly = atMs < saidMs + RETRY_AFTER_MS;
    if (isEarly) earlyMs.push(atMs - saidMs);
    else if (left === 0) left = PER_WINDOW;
    if (!isEarly && left-- > 1) return void response.end("fine\n");
    refusals++;
    if (!isEarly) saidMs = performance.now();
    left = 0;
    response.writeHead(429, { "retry-after": String(RETRY_AFTER_MS / 1000) }).end();
  });
  try {
    const lines = Array.from({ length: QUICK }, (_, i) => {
      const slow = withBusy && i % (QUICK / BUSY) === 0 ? `${busy.origin}/${i}\n` : "";
      return `${slow}${quick.origin}/${i}\n`;
    });
    writeFileSync(join(folder, "urls.txt"), lines.join(""));
    const beganMs = performance.now();
    const { code, stderr } = await bulkgetCommand(["urls.txt", "-q", "-o", "out", "--per-host", perHost], {
      cwd: folder,
    });
    const wholeSeconds = (performance.now() - beganMs) / 1000;
    const saved = [...recordsOf(join(folder, "out")).values()].filter(({ outcome }) => outcome === "saved").length;
    if (code !== 0 || saved !== QUICK + (withBusy ? BUSY : 0))
      throw new Error(`exit ${code}, ${saved} saved\n${stderr}`);
    const quickSeconds = ((quick.asked.at(-1)?.atMs ?? 0) - (quick.asked[0]?.atMs ?? 0)) / 1000;
    return { quickSeconds, wholeSeconds, refusals, earlyMs };
  } finally {
    rmSync(join(folder, "out"), { recursive: true, force: true });
    await Promise.all([quick.close(), busy.close()]);
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const folder = mkdtempSync(join(tmpdir(), "bulkget-apart-"));
try {
  const alone: Round[] = [];
  const beside: Round[] = [];
  await round(folder, false); // warms up this process, which is the server
  for (let i = 0; i < ROUNDS; i++) {
    alone.push(await round(folder, false));
    beside.push(await round(folder, true));
  }
  const [aloneSeconds, besideSeconds] = [alone, beside].map((rounds) => median(rounds.map((one) => one.quickSeconds)));
  const early = beside.flatMap(({ earlyMs }) => earlyMs);
  console.log(`${QUICK} URLs alone                    ${aloneSeconds?.toFixed(2)} s (median of ${ROUNDS})`);
  console.log(`beside ${BUSY} of a host with 429s     ${besideSeconds?.toFixed(2)} s`);
  console.log(`ratio                             ${((besideSeconds ?? 0) / (aloneSeconds ?? 1)).toFixed(2)}`);
  console.log(`all of both                       ${median(beside.map((one) => one.wholeSeconds)).toFixed(1)} s`);
  console.log(
    `asked before Retry-After was over ${early.length} times in ${ROUNDS} runs, at most ${Math.max(0, ...early).toFixed(1)} ms after the 429`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
