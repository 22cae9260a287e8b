// Measures when 1,000 URLs of other hosts are done behind 9,000 of a slow host, for each --order and without the slow host.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BIN, cleanEnv } from "../support/command.ts";
import { host } from "../support/rude/host.ts";

const SLOW = 9000;
const OTHERS = 1000;
const PER_HOST = 2;
const DELAY_MS = 50;

interface Reached {
  /** Seconds from the start of the command to the first and the last of the other URLs. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  /** Number of the slow host's URLs that were done by then. */
  readonly slow: number;
}

/** Ends the run when all the others are answered: the slow host alone would take 225 s. */
async function reached(folder: string, order: string, slow: number): Promise<Reached> {
  let slowDone = 0;
  const timesMs: number[] = [];
  let allCame = () => {};
  const all = new Promise<void>((resolve) => {
    allCame = resolve;
  });
  const server = await host((response, { path, atMs }) => {
    if (path.startsWith("/slow")) {
      setTimeout(() => response.end("slow\n", () => slowDone++), DELAY_MS);
      return;
    }
    timesMs.push(atMs);
    response.end("fine\n");
    if (timesMs.length === OTHERS) allCame();
  });
  try {
    const lines = [
      ...Array.from({ length: slow }, (_, i) => server.named("slow", `/slow/${i}`)),
      ...Array.from({ length: OTHERS }, (_, i) => server.named(`host-${i}`, "/")),
    ];
    writeFileSync(join(folder, "urls.txt"), `${lines.join("\n")}\n`);
    const args = [BIN, "urls.txt", "-q", "-o", "out", "--per-host", String(PER_HOST), "--order", order];
    const beganMs = performance.now();
    const child = spawn(process.execPath, args, { cwd: folder, env: cleanEnv(), stdio: "inherit" });
    const closed = once(child, "close");
    await Promise.race([all, closed]);
    child.kill("SIGKILL");
    await closed;
    if (timesMs.length < OTHERS) throw new Error(`ended with ${timesMs.length} of ${OTHERS}`);
    const seconds = (ms: number | undefined) => ((ms ?? Number.NaN) - beganMs) / 1000;
    return { firstSeconds: seconds(timesMs[0]), lastSeconds: seconds(timesMs.at(-1)), slow: slowDone };
  } finally {
    rmSync(join(folder, "out"), { recursive: true, force: true });
    await server.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), "bulkget-order-"));
try {
  await reached(folder, "fair", 0); // warms up this process, which is the server
  const rows = [{ name: "alone", ...(await reached(folder, "fair", 0)) }];
  for (const order of ["fair", "list", "longest"]) rows.push({ name: order, ...(await reached(folder, order, SLOW)) });
  console.log("order    first of 1,000   last of 1,000   of the slow host by then");
  for (const { name, firstSeconds, lastSeconds, slow } of rows) {
    const columns = [
      name.padEnd(9),
      `${firstSeconds.toFixed(2)} s`.padEnd(17),
      `${lastSeconds.toFixed(2)} s`.padEnd(16),
    ];
    console.log(`${columns.join("")}${slow}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
