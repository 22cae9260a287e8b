// The programs of the internet benchmark, each with equal limits, and a file out/000042 for line 42.

import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN, ROOT } from "../../support/command.ts";
import type { Limits } from "./distribution.ts";
import type { Page } from "./plan.ts";

export interface Contender {
  readonly name: string;
  readonly version: readonly [string, ...string[]];
  /** The command that starts the program, in the folder with its list. */
  command(limits: Limits, authority: string): readonly string[];
}

const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
const POOL = [PYTHON, "-B", join(ROOT, "test/bench/peers/requests_pool.py")] as const;

export function nameOf(n: number): string {
  return String(n).padStart(6, "0");
}

export const CONTENDERS: readonly Contender[] = [
  {
    name: "bulkget",
    version: [process.execPath, BIN, "--version"],
    command: ({ concurrency, retries, connectTimeoutS, silenceS, maxTimeS }, authority) => [
      ...[process.execPath, BIN, "urls.txt", "-o", "out", "-q", "--name", "{n:6}", "--cacert", authority],
      ...["-c", `${concurrency}`, "--retries", `${retries}`],
      ...["--connect-timeout", `${connectTimeoutS}s`, "--timeout", `${silenceS}s`, "--max-time", `${maxTimeS}s`],
    ],
  },
  {
    name: "curl",
    version: ["curl", "--version"],
    command: ({ concurrency, retries, connectTimeoutS, silenceS, maxTimeS }, authority) => [
      ..."curl -q -s -Z --parallel-immediate --location --fail --remove-on-error --create-dirs".split(" "),
      ...["--cacert", authority, "--parallel-max", `${concurrency}`, "--retry", `${retries}`],
      ...["--connect-timeout", `${connectTimeoutS}`, "--speed-time", `${silenceS}`, "--speed-limit", "1"],
      ...["--max-time", `${maxTimeS}`, "-K", "urls.curl"],
    ],
  },
  {
    name: "requests, threads",
    version: [...POOL, "--version"],
    command: ({ concurrency, retries, connectTimeoutS, silenceS, maxTimeS }, authority) => [
      ...POOL,
      ...["urls.txt", "out", ...[concurrency, retries, connectTimeoutS, silenceS, maxTimeS].map(String), authority],
    ],
  },
];

/** Writes the list in the form of each program. */
export function writeLists(pages: readonly Page[], folder: string): void {
  writeFileSync(join(folder, "urls.txt"), pages.map(({ url }) => `${url}\n`).join(""));
  const options = pages.map(({ url, n }) => `url="${url}"\noutput="out/${nameOf(n)}"\n`);
  writeFileSync(join(folder, "urls.curl"), options.join(""));
}

/** The version of a program; undefined if it is not installed. */
export function versionOf({ version: [program, ...args] }: Contender): string | undefined {
  try {
    const said = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return /\d+(?:\.\d+)+/.exec(said)?.[0];
  } catch {
    return undefined;
  }
}
