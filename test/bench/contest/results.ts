// Stores results in one JSON file per day, and writes its Markdown; a repeated workload replaces its earlier result.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import type { Entrant } from "./contest.ts";
import { document } from "./table.ts";
import { WORKLOADS } from "./workloads.ts";

/** Describes the machine, without its name. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
}

export interface Result {
  readonly workload: string;
  readonly about: string;
  readonly urls: number;
  readonly bytes: number;
  readonly concurrency: number;
  readonly server: string;
  readonly time: string;
  readonly machine: Machine;
  /** By the peer's name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly entrants: readonly Entrant[];
}

export function thisMachine(): Machine {
  const cores = cpus();
  return {
    cores: cores.length,
    cpu: cores[0]?.model.trim() ?? "unknown CPU",
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: `${type()} ${release()} ${arch()}`,
    node: process.version,
  };
}

/** Adds one result to the files of its day in `folder`, and returns the path of the Markdown. */
export function keep(folder: string, result: Result): string {
  mkdirSync(folder, { recursive: true });
  const date = result.time.slice(0, 10);
  const json = join(folder, `${date}.json`);
  const others = existsSync(json) ? read(json).filter((kept) => !replaces(result, kept)) : [];
  const results = [...others, result].toSorted((a, b) => place(a) - place(b));
  writeFileSync(json, `${JSON.stringify({ date, results }, null, 2)}\n`);
  const markdown = join(folder, `${date}.md`);
  writeFileSync(markdown, document(date, results));
  return markdown;
}

function replaces(result: Result, kept: Result): boolean {
  return result.workload === kept.workload && result.server === kept.server;
}

function place({ workload }: Result): number {
  return WORKLOADS.findIndex(({ name }) => name === workload);
}

/** Reads the results of a day. Throws for other files. */
export function read(path: string): readonly Result[] {
  const kept: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof kept === "object" && kept !== null && "results" in kept && Array.isArray(kept.results))
    return kept.results;
  throw new Error(`${path}: not a file of results; move it away`);
}
