// `bulkget work`: downloads chunks of a queue, until a signal ends it or none is left.

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type ChunkRunner, chunkRunner } from "../../app/fleet/chunk-runner.ts";
import { runOutputs } from "../../app/fleet/run-outputs.ts";
import { linesOf, workerLoop } from "../../app/fleet/worker-loop.ts";
import { DEFAULT_STATE } from "../../app/store/store-option.ts";
import { loadBullmq } from "../../queue/bullmq.ts";
import { chunkName } from "../../queue/chunk.ts";
import { consumer, type Lease } from "../../queue/consumer.ts";
import { connectRedis } from "../../queue/redis.ts";
import { runStore } from "../../queue/runs.ts";
import { counted, thousands } from "../../report/format.ts";
import type { EarlyExit } from "../command-line/commander.ts";
import { pemOf } from "../command-line/pem.ts";
import { shownCommand } from "../command-line/shown-command.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { log, once } from "../log.ts";
import type { Env } from "../reporters.ts";
import { onSignals, SIGNALS } from "../signals.ts";
import { parseWithQueue } from "./fleet-line.ts";
import { WORK_ROWS } from "./fleet-rows.ts";

/** A stopped worker ends after this time, in milliseconds, even if Redis is away: leases that are not given back run out. */
const STOP_MS = 15_000;
const CLOSE_MS = 2000;

function afterStop(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    stop.addEventListener("abort", () => void setTimeout(resolve, STOP_MS), { once: true });
  });
}

/** Runs `bulkget work`. Throws an OptionError. */
export async function work(argv: readonly string[], env: Env): Promise<number | EarlyExit> {
  const read = parseWithQueue("work", WORK_ROWS, argv, env);
  if (!("values" in read)) return read;
  const { queue: url } = read;
  const { processes, untilDone, leaseMs, state, quiet } = read.values;
  const count = typeof processes === "number" ? processes : 1;
  const print = quiet ? () => {} : log;
  const notes = once(print);
  const redis = await connectRedis(url, notes.note);
  const store = runStore(redis);
  let isClosing = false;
  const open = loadBullmq(redis, ({ message }) => {
    if (!isClosing) notes.note(`the queue: ${message}`);
  });
  const token = `${hostname()}:${process.pid}:${randomBytes(4).toString("hex")}`;
  const taking = consumer({ open, store, token, leaseMs, note: notes.note });
  const outputs = runOutputs(store, resolve(state ?? DEFAULT_STATE), notes.note);
  const stop = new AbortController();
  const runners: ChunkRunner[] = [];
  const signals = onSignals(SIGNALS, (signal, again) => {
    if (again) signals.raise(signal);
    else print(`${signal}: finishing what is in flight, and giving the chunks back; once more to stop now`);
    stop.abort(signal);
  });
  let queued: Promise<unknown> = Promise.resolve();
  /** One worker at a time takes a chunk. */
  const next = (waits: boolean): Promise<Lease | undefined> => {
    const taken = queued.then(() => (stop.signal.aborted ? undefined : taking.next(waits)));
    queued = taken.catch(() => {});
    return taken;
  };
  try {
    const loops = Promise.all(
      Array.from({ length: count }, async () => {
        const program = fileURLToPath(new URL("./chunk-worker.cjs", import.meta.url));
        const runner = chunkRunner(program, notes.note);
        runners.push(runner);
        await workerLoop({
          ...{ consumer: taking, store, outputs, runner, note: print, stop: stop.signal, untilDone, next },
          web: ({ ca, cert, key, ...options }) => ({
            ...options,
            ...pemOf({
              ...(ca === undefined ? {} : { ca }),
              ...(cert === undefined ? {} : { cert }),
              ...(key === undefined ? {} : { key }),
            }),
          }),
          command: shownCommand(["work", ...argv]),
          onDone: ({ chunk, attempt }, results) =>
            print(
              `${chunkName(chunk.n)}: ${counted(linesOf(results), "line")} done, ${thousands(results.tally.failed)} failed` +
                (attempt > 1 ? ` (attempt ${attempt})` : ""),
            ),
        });
      }),
    );
    await Promise.race([loops, afterStop(stop.signal)]);
  } finally {
    isClosing = true;
    signals.release();
    await Promise.all(runners.map((runner) => runner.close()));
    outputs.close();
    await Promise.race([taking.close().catch(() => {}), new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
    redis.disconnect();
  }
  const signal: unknown = stop.signal.reason;
  if (typeof signal === "string") signals.raise(signal as NodeJS.Signals);
  return EXIT_CODES.finished.code;
}
