// `node dist/test/bench/kill.js`: downloads 100,000 URLs with SIGKILL at 50 random moments, and prints the result as a table.

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { killedRun } from "../support/process/killing.ts";

const [urls = "100000", kills = "50"] = process.argv.slice(2);
const folder = mkdtempSync(join("/dev/shm", "bulkget-kill-"));
try {
  const result = await killedRun({
    folder,
    urls: Number(urls),
    concurrency: 50,
    kills: Number(kills),
    random: Math.random,
    onKill: (kill, requests) => console.error(`kill -9 number ${kill}, after ${requests} requests`),
  });
  console.log(JSON.stringify(result));
  const right =
    result.kills === Number(kills) &&
    result.exitCode === 0 &&
    result.wrongFiles.length + result.wrongRecords.length + result.leftovers.length === 0 &&
    result.twice <= result.allowedTwice;
  console.log(right ? "as it must be" : "NOT as it must be");
  process.exitCode = right ? 0 : 1;
  if (!right) console.log(`kept to be looked at: ${folder}`);
} finally {
  if (process.exitCode !== 1) rmSync(folder, { recursive: true, force: true });
}
