// A worker of the fleet: takes chunks from the queue, has each downloaded into a folder of its own, and commits it.

import { FolderError } from "../../core/errors.ts";
import { finished } from "../../core/run/tally.ts";
import { tallyFromJson, tallyToJson } from "../../core/run/tally-json.ts";
import { chunkName } from "../../queue/chunk.ts";
import type { Consumer, Lease } from "../../queue/consumer.ts";
import type { RunStore } from "../../queue/runs.ts";
import type { FetchOptions } from "../network/http-client.ts";
import type { ChunkRunner } from "./chunk-runner.ts";
import type { AttemptResults } from "./commit/attempt-results.ts";
import type { FleetOutput } from "./commit/fleet-output.ts";
import type { ChunkTask } from "./messages.ts";
import { pause } from "./pause.ts";
import type { FleetOptions } from "./plan.ts";
import type { RunOutputs } from "./run-outputs.ts";

/** Pause of a worker whose chunk failed, in milliseconds: doubled by each failure in a row, up to the second. */
const PAUSE_MS = [1000, 60_000] as const;

export interface WorkerOptions {
  readonly consumer: Consumer;
  readonly store: RunStore;
  readonly outputs: RunOutputs;
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
  readonly next: (waits: boolean) => Promise<Lease | undefined>;
  readonly onDone: (lease: Lease, results: AttemptResults) => void;
}

/** Works until `stop` aborts, or with `untilDone` until no chunk is left. */
export async function workerLoop(options: WorkerOptions): Promise<void> {
  const { consumer, stop, untilDone, next, note } = options;
  let committing: Promise<void> = Promise.resolve();
  let failures = 0;
  let waits = !untilDone;
  while (!stop.aborted) {
    const lease = await next(waits);
    if (lease === undefined) {
      await committing;
      if (untilDone && (await consumer.left()) === 0) return;
      waits = true;
      continue;
    }
    waits = !untilDone;
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
  const { outputs, runner, note, stop } = options;
  const { run, n, lines } = lease.chunk;
  const { plan, output } = await outputs.of(run);
  const about = { run, chunk: n, output };
  if (await output.isCommitted(n)) return { ...about, path: undefined };
  if (stop.aborted) {
    await lease.giveBack();
    return undefined;
  }
  const path = output.begin(n, lease.attempt);
  const { options: ofRun, lists, listBytes = 0, listEtag: etag, chunkLines } = plan;
  const list = (etag === undefined ? lists[0] : ofRun.listUrl) ?? "";
  const firstLine = (n - 1) * chunkLines + 1;
  const source = "jobs" in lines ? lines : { path: list, etag, listBytes, ...lines, firstLine };
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
  const end = await runner.run(task, lease, (progress) => void lease.progress(progress)); // never rejects
  stop.removeEventListener("abort", onStop);
  if (lease.lost.aborted) {
    await output.discard(path);
    note(`${chunkName(n)}: its lease was lost: another worker has it now`);
    return undefined;
  }
  if (end.how === "stopped") {
    await output.giveBack(n, path);
    await lease.giveBack();
    return undefined;
  }
  if (end.how === "whole") {
    const { results } = end;
    return { ...about, path, results: results && { ...results, tally: tallyFromJson(results.tally) } };
  }
  if (!(await output.isCommitted(n))) {
    await output.discard(path);
    throw new Error(end.reason);
  }
  return { ...about, path: undefined };
}

interface Attempt {
  readonly run: string;
  readonly chunk: number;
  readonly output: FleetOutput;
  /** Its folder; undefined where another attempt is committed. */
  readonly path: string | undefined;
  readonly results?: AttemptResults | undefined;
}

/** Commits an attempt, or finishes what another one has left. Never rejects. */
async function finish(lease: Lease, attempt: Attempt, { store, note, onDone }: WorkerOptions): Promise<void> {
  const { run, path, chunk, output, results: counted } = attempt;
  try {
    const own =
      path === undefined ? undefined : await output.commit(chunk, path, counted).catch(unlessCommitted(attempt));
    const results = own ?? (await output.settle(chunk));
    if (results === undefined)
      throw new FolderError("disk", `${output.shown}: the results of ${chunkName(chunk)} are gone`);
    await store.addDone(run, { c: chunk, t: tallyToJson(results.tally), h: results.hosts, e: Date.now() });
    onDone(lease, results);
    await lease.done().catch(() => {}); // another worker has the chunk, and finds that it is committed
  } catch (error) {
    const { message } = error as Error;
    if (!lease.lost.aborted) note(`${chunkName(chunk)}: cannot be committed: ${message}; another try follows`);
    await lease.fail(message).catch(() => {});
  }
}

function unlessCommitted({ output, chunk }: Attempt): (error: unknown) => Promise<undefined> {
  return async (error) => {
    if (await output.isCommitted(chunk)) return undefined;
    throw error;
  };
}

/** The number of lines that are done. */
export function linesOf({ tally }: AttemptResults): number {
  return finished(tally);
}
