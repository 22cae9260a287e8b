// A fleet in the test's folder: its queue, its workers, and the comparison of what it has saved with what it should have.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { type Ran, temporaryFolder } from "../command.ts";
import { type OwnFolder, own } from "../own.ts";
import { commandUnderWay, type UnderWay } from "../process/under-way.ts";
import { pageOf } from "../site.ts";
import { type OwnRedis, ownRedis } from "./redis.ts";

export interface OwnFleet {
  readonly redis: OwnRedis;
  enqueue(args: readonly string[], stdin?: string): Promise<Ran>;
  /** Runs workers until no chunk is left. */
  work(args?: readonly string[]): Promise<Ran>;
  /** Starts a worker, which is killed when the test ends. */
  worker(args?: readonly string[]): UnderWay;
}

/** Call it in a test. `env`: the environment of all its commands. */
export async function ownFleet(
  folder: OwnFolder,
  settings: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<OwnFleet> {
  const place = temporaryFolder(); // a short path: sockets have at most 107 characters
  own({ close: () => place.remove() });
  const redis = own(await ownRedis(place.path, settings));
  const queue = ["--queue", redis.url];
  return {
    redis,
    enqueue: (args, stdin) =>
      folder.runProcess(["enqueue", ...args, ...queue], { env, ...(stdin === undefined ? {} : { stdin }) }),
    work: (args = []) => folder.runProcess(["work", "--until-done", ...args, ...queue], { env }),
    worker(args = []) {
      const worker = commandUnderWay(["work", ...args, ...queue], folder.path, env);
      own({
        async close() {
          worker.kill("SIGCONT");
          worker.kill("SIGKILL");
          await worker.ended;
        },
      });
      return worker;
    },
  };
}

/** All records of a fleet's folder, by number. */
export function resultsOf(folder: string): readonly Outcome[] {
  const results = join(folder, "results");
  return readdirSync(results, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) => readFileSync(join(results, name), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as Outcome)
    .sort((a, b) => a.n - b.n);
}

/** Expects one record and the right bytes for each line of 1 to `lines`, whose path is `pathOf(n)`, and no file beside them. */
export function expectWhole(folder: string, lines: number, pathOf: (n: number) => string): void {
  const records = resultsOf(folder);
  expect(records.map(({ n }) => n)).toEqual(Array.from({ length: lines }, (_, i) => i + 1));
  const files: string[] = [];
  for (const { n, outcome, file, bytes } of records) {
    expect([n, outcome]).toEqual([n, "saved"]);
    const content = readFileSync(join(folder, file ?? ""));
    expect([n, bytes, content.equals(pageOf(pathOf(n)))]).toEqual([n, content.length, true]);
    files.push(file ?? "");
  }
  expect(
    readdirSync(folder)
      .filter((name) => name !== "results" && name !== ".bulkget")
      .sort(),
  ).toEqual(files.sort());
  expect(readdirSync(join(folder, ".bulkget"))).toEqual(["fleet.json"]);
  expect(existsSync(join(folder, "results.jsonl"))).toBe(false);
}
