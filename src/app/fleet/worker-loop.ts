// A worker of the fleet: takes chunks from the queue, has each downloaded into a folder of its own, and commits it.

import { renameSync } from "node:fs";
import { join } from "node:path";
import { FolderError } from "../../core/errors.ts";
import { STATE_FOLDER } from "../../core/layout.ts";
import { finished } from "../../core/run/tally.ts";
import { tallyToJson } from "../../core/run/tally-json.ts";
import { chunkName } from "../../queue/chunk.ts";
import type { Consumer, Lease } from "../../queue/consumer.ts";
import type { RunStore } from "../../queue/runs.ts";
import type { FetchOptions } from "../network/http-client.ts";
import type { AttemptResults } from "./attempt-results.ts";
import type { ChunkRunner } from "./chunk-runner.ts";
import { commit, isCommitted, removeAttempt, settleChunk } from "./commit.ts";
import type { ChunkTask } from "./messages.ts";
import { pause } from "./pause.ts";
import { type FleetOptions, type FleetPlan, makeAttempt, readRecord } from "./plan.ts";

/** Pause of a worker whose chunk failed, in milliseconds: doubled by each failure in a row, up to the second. */
const PAUSE_MS = [1000, 60_000] as const;

export interface WorkerOptions {
  readonly consumer: Consumer;
  readonly store: RunStore;
  readonly runner: ChunkRunner;
  /** The options of the HTTP client, with the texts of certificates. Throws an OptionError. */
  readonly web: (options: FleetOptions) => FetchOptions;
  readonly note: (text: string) => void;
  /** Aborts when no further chunk is to be taken. */
  readonly stop: AbortSignal;
  /** End when no chunk is left anywhere. */
  readonly untilDone: boolean;
  readonly command: string;
  /** Takes the next lease, one worker of the process at a time. */
  readonly next: () => Promise<Lease | undefined>;
  readonly onDone: (lease: Lease, results: AttemptResults) => void;
}

/** Works until `stop` aborts, or with `untilDone` until no chunk is left. */
export async function workerLoop(options: WorkerOptions): Promise<void> {
  const { consumer, stop, untilDone, next, note } = options;
  let committing: Promise<void> = Promise.resolve();
  let failures = 0;
  while (!stop.aborted) {
    const lease = await next();
    if (lease === undefined) {
      await committing;
      if (untilDone && (await consumer.left()) === 0) return;
      continue;
    }
    if (stop.aborted) {
      await lease.giveBack();
      break;
    }
    try {
      const attempt = await downloaded(lease, options);
      failures = 0;
      await committing; // at most one commit beside one download
      if (attempt !== undefined) committing = finish(lease, attempt, options);
    } catch (error) {
      const { message } = error as Error;
      note(`${chunkName(lease.chunk.n)}: ${message}; another try follows`);
      await lease.fail(message).catch(() => {});
      // A worker without disk or folder would fail all chunks of the queue, one after the other.
      const [leastMs, mostMs] = PAUSE_MS;
      await pause(Math.min(mostMs, leastMs * 2 ** failures++), stop);
    }
  }
  await committing;
}

/** A whole attempt; undefined where there is nothing to commit. Rejects where the chunk failed. */
async function downloaded(lease: Lease, options: WorkerOptions): Promise<Attempt | undefined> {
  const { store, runner, note, stop } = options;
  const { run, n, lines } = lease.chunk;
  const plan = await planOf(run, store);
  const about = { folder: plan.folder, chunk: n, isSynced: plan.options.durability !== "none", note };
  if (isCommitted(plan.folder, n)) return { ...about, run, path: undefined };
  const path = attemptFolder(plan.folder, n, lease.attempt);
  const { options: ofRun, lists, listBytes = 0, chunkLines } = plan;
  const source =
    "jobs" in lines ? lines : { path: lists[0] ?? "", listBytes, ...lines, firstLine: (n - 1) * chunkLines + 1 };
  const task: ChunkTask = {
    run,
    options: ofRun,
    web: options.web(ofRun),
    attempt: path,
    source,
    command: options.command,
  };
  const onStop = () => runner.stop();
  stop.addEventListener("abort", onStop, { once: true });
  const end = await runner.run(task, lease.lost, (progress) => void lease.progress(progress)); // never rejects
  stop.removeEventListener("abort", onStop);
  if (lease.lost.aborted) {
    removeAttempt(path);
    note(`${chunkName(n)}: its lease was lost: another worker has it now`);
    return undefined;
  }
  if (end.how === "stopped") {
    giveBackFolder(plan.folder, n, path);
    await lease.giveBack();
    return undefined;
  }
  if (end.how === "whole") return { ...about, run, path };
  if (!isCommitted(plan.folder, n)) {
    removeAttempt(path);
    throw new Error(end.reason);
  }
  return { ...about, run, path: undefined };
}

interface Attempt {
  readonly run: string;
  readonly folder: string;
  readonly chunk: number;
  readonly isSynced: boolean;
  readonly note: (text: string) => void;
  /** Its folder; undefined where another attempt is committed. */
  readonly path: string | undefined;
}

/** Commits an attempt, or finishes what another one has left. Never rejects. */
async function finish(lease: Lease, attempt: Attempt, { store, note, onDone }: WorkerOptions): Promise<void> {
  const { run, path, chunk, folder } = attempt;
  try {
    const own = path === undefined ? undefined : await commit(path, attempt).catch(unlessCommitted(folder, chunk));
    const results = own ?? (await settleChunk(attempt));
    if (results === undefined) throw new FolderError("disk", `${folder}: the results of ${chunkName(chunk)} are gone`);
    await store.addDone(run, { c: chunk, t: tallyToJson(results.tally), h: results.hosts, e: Date.now() });
    onDone(lease, results);
    await lease.done().catch(() => {}); // another worker has the chunk, and finds that it is committed
  } catch (error) {
    const { message } = error as Error;
    if (!lease.lost.aborted) note(`${chunkName(chunk)}: cannot be committed: ${message}; another try follows`);
    await lease.fail(message).catch(() => {});
  }
}

function unlessCommitted(folder: string, chunk: number): (error: unknown) => undefined {
  return (error) => {
    if (isCommitted(folder, chunk)) return undefined;
    throw error;
  };
}

const plans = new Map<string, FleetPlan>();

/** The plan of a run, whose folder must be there. Throws a FolderError. */
async function planOf(run: string, store: RunStore): Promise<FleetPlan> {
  const plan = plans.get(run) ?? ((await store.get(run)) as FleetPlan | undefined); // written by `enqueue`
  if (plan === undefined) throw new Error(`the queue has no plan of the run ${run}: run bulkget enqueue again`);
  plans.set(run, plan);
  if (readRecord(plan.folder)?.run !== run)
    throw new FolderError(
      "disk",
      `${plan.folder}: is not the folder of the run ${run} on this machine: mount it there`,
    );
  return plan;
}

/** The folder of this attempt: that of an attempt that was given back, or a new one. */
function attemptFolder(folder: string, n: number, attempt: number): string {
  const path = makeAttempt(folder, chunkName(n), attempt);
  try {
    renameSync(join(folder, STATE_FOLDER, chunkName(n)), path);
  } catch {
    // There is none, or another worker has it.
  }
  return path;
}

/** Leaves what is done of a chunk to the next attempt. */
function giveBackFolder(folder: string, n: number, path: string): void {
  try {
    renameSync(path, join(folder, STATE_FOLDER, chunkName(n)));
  } catch {
    removeAttempt(path); // another attempt was given back before
  }
}

/** The number of lines that are done. */
export function linesOf({ tally }: AttemptResults): number {
  return finished(tally);
}
