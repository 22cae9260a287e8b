// Preloaded into a process (`node --import`): kills it by SIGKILL instead of its KILL_AT-th change of the file system.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** The calls by which a run changes a folder: names, contents, lengths. */
const CALLS = [
  "openSync",
  "writeSync",
  "writevSync",
  "renameSync",
  "linkSync",
  "unlinkSync",
  "mkdirSync",
  "rmSync",
  "rmdirSync",
] as const;

let left = Number(process.env["KILL_AT"] ?? "0");

for (const name of CALLS) {
  const call = fs[name] as (...args: unknown[]) => unknown;
  const counted = (...args: unknown[]) => {
    if (--left === 0) process.kill(process.pid, "SIGKILL");
    return call(...args);
  };
  Object.assign(fs, { [name]: counted });
}
syncBuiltinESMExports();
