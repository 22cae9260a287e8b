// Runs the peers of one workload alternately: a warm-up each, then A B C A B C, each in an empty folder and with a check.

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Cost, type Finished, measure, type TimedOut } from "../measure.ts";
import type { Peer } from "../peers/peers.ts";
import { endless } from "./endless.ts";
import { urlOf, type Workload } from "./workloads.ts";

export interface Failure {
  readonly failed: string;
}

export interface Entrant {
  readonly peer: string;
  /** One per round; entries of different peers with one index ran directly after one another. */
  readonly rounds: readonly (Cost | Failure)[];
}

export interface Contest {
  readonly workload: Workload;
  readonly peers: readonly Peer[];
  readonly runs: number;
  readonly port: number;
  /** For a workload over TLS: the path of the authority's certificate. */
  readonly cacert?: string;
  /** The path of an empty folder, which is empty again afterwards. */
  readonly folder: string;
  readonly signal: AbortSignal;
  say(sentence: string): void;
}

/** bulkget's own files beside the downloads. */
const BESIDE = new Set(["results.jsonl", "failed.txt", "runs.jsonl"]);
const SHARD = /^\d{5}\.(?:tar|warc\.gz)$/;
const SIZES_LOOKED_AT = 500;
const CHARACTERS_A_WRITE = 1024 * 1024;

export async function hold(contest: Contest): Promise<readonly Entrant[]> {
  const { workload, peers, folder, say } = contest;
  const entrants = peers.map((peer) => ({
    peer,
    list: join(folder, `${peer.name}.list`),
    rounds: [] as (Cost | Failure)[],
  }));
  try {
    for (const { peer, list } of entrants) if (!workload.endless) writeList(contest, peer, list);
    const out = new Set<Peer>();
    if (workload.runs === undefined) {
      for (const { peer, list, rounds } of entrants) {
        const result = await run(contest, peer, list);
        say(`${workload.name}: ${peer.name}, warm-up: ${inShort(result)}`);
        if (!("failed" in result)) continue;
        out.add(peer);
        rounds.push({ failed: `in the warm-up: ${result.failed}` });
      }
    }
    for (let round = 1; round <= contest.runs; round++) {
      for (const { peer, list, rounds } of entrants) {
        if (out.has(peer)) continue;
        const result = await run(contest, peer, list);
        say(`${workload.name}: ${peer.name}, run ${round} of ${contest.runs}: ${inShort(result)}`);
        rounds.push(result);
      }
    }
    return entrants.map(({ peer, rounds }) => ({ peer: peer.name, rounds }));
  } finally {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

async function run(contest: Contest, peer: Peer, list: string): Promise<Cost | Failure> {
  const { workload, folder, port, cacert, signal } = contest;
  const out = join(folder, "out");
  mkdirSync(out);
  const source = workload.endless ? endless(workload, port, join(folder, "pipe"), out) : undefined;
  try {
    const task = {
      urls: workload.urls,
      concurrency: workload.concurrency,
      out,
      list: source === undefined ? list : "-",
      ...(cacert !== undefined && { cacert }),
      ...(workload.http2 && { http2: workload.http2 }),
    };
    const command = { ...peer.command(task), ...(source !== undefined && { stdin: source.pipe }) };
    const ended = await measure(command, workload.limitSeconds, signal);
    const wrong = badEnd(ended) ?? (source === undefined ? problemOf(peer, out, workload) : await source.problem());
    if (wrong !== undefined || "timedOutSeconds" in ended) return { failed: wrong ?? "timed out" };
    const { exitCode: _, said: __, ...cost } = ended;
    return cost;
  } finally {
    source?.close();
    rmSync(out, { recursive: true, force: true });
    rmSync(join(folder, "pipe"), { force: true });
  }
}

function badEnd(ended: Finished | TimedOut): string | undefined {
  if ("timedOutSeconds" in ended) return `not done after ${ended.timedOutSeconds} s`;
  if (ended.exitCode === 0) return undefined;
  return `exit ${ended.exitCode}${ended.said === "" ? "" : `: ${ended.said.split("\n").at(-1)}`}`;
}

function problemOf(peer: Peer, out: string, workload: Workload): string | undefined {
  return peer.archives ? problemInRecords(out, workload) : problemIn(out, workload);
}

/** Checks the numbers of records and archives, and the bytes in both. */
function problemInRecords(out: string, { urls, bytes }: Workload): string | undefined {
  const records = readFileSync(join(out, "results.jsonl"), "latin1").split(`"outcome":"saved"`).length - 1;
  if (records !== urls) return `${records} records of saved bodies, not ${urls}`;
  const archives = readdirSync(out).filter((name) => SHARD.test(name));
  const archived = archives.reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
  return archived < urls * bytes ? `${archived} bytes in ${archives.length} archives` : undefined;
}

/** Checks the number of files, and the sizes of some. */
function problemIn(out: string, { urls, bytes }: Workload): string | undefined {
  const names = readdirSync(out).filter((name) => !name.startsWith(".") && !BESIDE.has(name));
  if (names.length !== urls) return `${names.length} files, not ${urls}`;
  const step = Math.ceil(names.length / SIZES_LOOKED_AT);
  const wrong = names.find((name, at) => at % step === 0 && statSync(join(out, name)).size !== bytes);
  return wrong === undefined ? undefined : `${wrong} is not of ${bytes} bytes`;
}

function writeList({ workload, port }: Contest, peer: Peer, path: string): void {
  const file = openSync(path, "wx");
  try {
    let text = "";
    for (let n = 1; n <= workload.urls; n++) {
      text += peer.line(urlOf(workload, port, n), n);
      if (text.length < CHARACTERS_A_WRITE && n < workload.urls) continue;
      writeSync(file, text);
      text = "";
    }
  } finally {
    closeSync(file);
  }
}

function inShort(result: Cost | Failure): string {
  return "failed" in result ? `FAILED, ${result.failed}` : `${result.wallSeconds.toFixed(3)} s`;
}
