// Kills the run of one shard by SIGKILL, whoever has started it: for tests with schedulers.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Kills the processes in a working folder that have this `--shard`, as it is typed. Returns their number. Linux only. */
export function killShard(folder: string, shard: string, env: readonly string[] = []): number {
  let killed = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== folder) continue;
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`\0--shard\0${shard}\0`)) continue;
      const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      if (!env.every((variable) => variables.includes(variable))) continue;
      process.kill(Number(pid), "SIGKILL");
      killed++;
    } catch {} // it has ended
  }
  return killed;
}
