// `bulkget watch`: shows the progress of a fleet as that of one run, and prints its summary when all chunks are committed.

import { resolve } from "node:path";
import { openWatch, watchedRun } from "../../app/fleet/watch-run.ts";
import { loadBullmq } from "../../queue/bullmq.ts";
import { observer } from "../../queue/observer.ts";
import { connectRedis } from "../../queue/redis.ts";
import { runStore } from "../../queue/runs.ts";
import { isStoreAddress, storeAddress } from "../../store/address.ts";
import type { CommandLine } from "../command-line/command-line.ts";
import type { EarlyExit } from "../command-line/commander.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { exitOfRun } from "../exit-of.ts";
import { log, once } from "../log.ts";
import { type Env, extraReporters } from "../reporters.ts";
import { openMetrics } from "../reporting/metrics.ts";
import { onSignals, SIGNALS } from "../signals.ts";
import { parseWithQueue } from "./fleet-line.ts";
import { WATCH_ROWS } from "./fleet-rows.ts";

/** Runs `bulkget watch`. Throws an OptionError. */
export async function watch(argv: readonly string[], env: Env): Promise<number | EarlyExit> {
  const read = parseWithQueue("watch", WATCH_ROWS, argv, env);
  if (!("values" in read)) return read;
  const { watched, failOn, quiet, progress, metrics: target } = read.values;
  const notes = once(quiet ? () => {} : log);
  const redis = await connectRedis(read.queue, () => {});
  const store = runStore(redis);
  const stop = new AbortController();
  const signals = onSignals(SIGNALS, (signal, again) => {
    if (again) signals.raise(signal);
    stop.abort(signal);
  });
  const observing = observer(
    loadBullmq(redis, () => {}),
    store,
  );
  let code: number;
  let closeOutput = () => {};
  try {
    const plan = await watchedRun(
      store,
      watched && (isStoreAddress(watched) ? storeAddress(watched).shown : resolve(watched)),
    );
    const { folder } = plan;
    const line: Pick<CommandLine, "quiet" | "progress" | "verbose" | "lists" | "outputDir" | "report" | "metrics"> = {
      ...{ quiet, progress, verbose: false, lists: plan.lists, outputDir: folder, report: [] },
      ...(target === undefined ? {} : { metrics: target }),
    };
    const watching = await openWatch(plan, { store, observer: observing, note: notes.note, stop: stop.signal });
    const { view, hosts } = watching;
    closeOutput = watching.close;
    const metrics = await openMetrics(line, notes.note);
    const next = { files: () => ({}), goOn: `bulkget watch -o ${folder}`, tryAgain: `bulkget report ${folder}` };
    const input = { names: plan.lists, hasLines: () => true };
    const { extra, note } = await extraReporters(line, { input, next, env, late: stop.signal, hosts });
    notes.print = quiet ? () => {} : note;
    for (const { reporter } of extra) reporter.start?.(view);
    metrics?.start(view);
    const isDone = await watching.untilDone();
    for (const { reporter } of extra) await reporter.end?.(view);
    const end = isDone
      ? exitOfRun({ view, failOn, reason: undefined, isListBroken: false, isReportBroken: false })
      : "stopped";
    code = EXIT_CODES[end].code;
    metrics?.end(code);
  } finally {
    signals.release();
    closeOutput();
    await observing.close();
    redis.disconnect();
  }
  const signal: unknown = stop.signal.reason;
  if (typeof signal === "string") signals.raise(signal as NodeJS.Signals);
  return code;
}
