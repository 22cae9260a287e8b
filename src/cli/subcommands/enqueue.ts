// `bulkget enqueue`: splits a list into chunks, and puts those that have no results into the queue of a fleet.

import { resolve } from "node:path";
import { openFleetOutput } from "../../app/fleet/commit/open-output.ts";
import { enqueueList, HOST_BUCKETS } from "../../app/fleet/enqueue.ts";
import { fileRange, webRange } from "../../app/fleet/list-ranges.ts";
import type { FleetOptions } from "../../app/fleet/plan.ts";
import { httpClient } from "../../app/network/http-client.ts";
import { namingOf } from "../../app/output/file-sink.ts";
import { containerFormatOf } from "../../app/output/shard-output.ts";
import { withStore } from "../../app/store/store-option.ts";
import { OptionError } from "../../core/errors.ts";
import type { Job } from "../../core/job.ts";
import { shardOfUrl } from "../../core/list-shard.ts";
import { withoutUserinfo } from "../../core/url/userinfo.ts";
import { loadBullmq } from "../../queue/bullmq.ts";
import { producer } from "../../queue/producer.ts";
import { connectRedis } from "../../queue/redis.ts";
import { runStore } from "../../queue/runs.ts";
import { counted, thousands } from "../../report/format.ts";
import { isUrl } from "../../source/lists.ts";
import { isStoreAddress } from "../../store/address.ts";
import type { EarlyExit } from "../command-line/commander.ts";
import { type InputLine, inputOf } from "../command-line/input.ts";
import { pemOf } from "../command-line/pem.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { log, once } from "../log.ts";
import type { Env } from "../reporters.ts";
import { onSignals, SIGNALS } from "../signals.ts";
import { parseWithQueue } from "./fleet-line.ts";
import { ENQUEUE_ROWS } from "./fleet-rows.ts";

/** Runs `bulkget enqueue`. Throws an OptionError, a ListError or a FolderError. */
export async function enqueue(argv: readonly string[], env: Env): Promise<number | EarlyExit> {
  const read = parseWithQueue("enqueue", ENQUEUE_ROWS, argv, env);
  if (!("values" in read)) return read;
  const { values, args, queue: url } = read;
  const { outputDir, quiet, chunkLines: size, keepHosts, queue: _queue, ...ofRun } = values;
  const chunkLines = typeof size === "number" ? size : 0; // the row has no words
  const isByHost = keepHosts === "host";
  const notes = once(quiet ? () => {} : log);
  const options: FleetOptions = withStore({
    ...ofRun,
    outputDir: isStoreAddress(outputDir) ? outputDir : resolve(outputDir),
  });
  const { store: address } = options;
  const folder = address?.shown ?? resolve(outputDir);
  const isShared = address === undefined && containerFormatOf(options) === undefined;
  // In archives and in a store, names are those of a chunk.
  if (!namingOf(options).unique && isShared)
    throw new OptionError(`--name ${ofRun.name}: lines of different chunks could get the same name: it needs {n}`);

  // 1. Check list, options and queue. Nothing is created.
  const stop = new AbortController();
  const line: InputLine = { ...ofRun, outputDir, lists: args, dryRun: false };
  const web = { ...ofRun, ...pemOf(values) };
  const get = httpClient(web);
  const input = inputOf(line, { get: () => get, stop: stop.signal, note: notes.note, refuse: () => () => undefined });
  const named = ofRun.listUrl === undefined ? args : [ofRun.listUrl];
  const lists = named.map((path) => (path === "-" || isUrl(path) ? withoutUserinfo(path) : resolve(path)));
  await input.check();
  const redis = await connectRedis(url, notes.note);
  const store = runStore(redis);
  const add = producer(
    loadBullmq(redis, () => {}),
    store,
  );
  const signals = onSignals(SIGNALS, (signal, again) => {
    if (again) signals.raise(signal);
    stop.abort(signal);
    get.abort(); // the list may be one on the web that comes slowly
  });
  try {
    const [list = ""] = lists;
    const isOne = !isByHost && lists.length === 1 && ofRun.listKind === undefined;
    const about = { list, chunkLines, inputFormat: ofRun.inputFormat, table: values };
    const { listUrl } = ofRun;
    const onWeb = () => webRange({ ...about, url: listUrl ?? "", get, schedule: ofRun, stop: stop.signal });
    const range = !isOne ? undefined : await (listUrl === undefined ? fileRange(about) : onWeb());

    const bucketOf = isByHost ? ({ url }: Job) => shardOfUrl(url, HOST_BUCKETS) - 1 : undefined;

    // 2. Create the folder, and lock it against another `enqueue`.
    const isSynced = options.durability !== "none";
    const output = await openFleetOutput({ folder, store: address, state: "", isSynced, note: notes.note });
    try {
      const claim = await output.claim();
      try {
        const { isEmpty } = claim;
        const all = { output, isEmpty, lists, range, read: () => input.read(), chunkLines, bucketOf, options };
        const { record, added, committed } = await enqueueList({ ...all, stop: stop.signal }, add, store);
        if (!quiet) print({ ...record, added, committed, outputDir });
        if (!quiet && !isByHost) log(capNote(ofRun.concurrency, ofRun.perHost));
      } finally {
        await claim.release();
      }
    } finally {
      output.close();
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error; // what a stop has interrupted has no message
  } finally {
    signals.release();
    get.close();
    await add.close();
    redis.disconnect();
  }
  const signal: unknown = stop.signal.reason;
  if (typeof signal === "string") signals.raise(signal as NodeJS.Signals);
  return EXIT_CODES.finished.code;
}

interface Printed {
  readonly added: number;
  readonly committed: number;
  readonly chunks?: number;
  readonly lines?: number;
  readonly run: string;
  readonly outputDir: string;
}

function print({ added, committed, chunks, lines, run, outputDir }: Printed): void {
  const of = chunks === undefined ? "" : `${thousands(added)} of `;
  const enqueued = `${of}${counted(chunks ?? added, "chunk")} ${(chunks ?? added) === 1 ? "is" : "are"} in the queue`;
  const all = lines === undefined ? "the list was not read to its end" : counted(lines, "line");
  const done = committed === 0 ? "" : `; ${thousands(committed)} have results already`;
  log(`${outputDir}: run ${run}: ${enqueued} (${all})${done}`);
}

/** What --per-host and -c mean for the servers, where hosts are not kept apart. */
function capNote(concurrency: number | "auto", perHost: number | undefined): string {
  const cap = perHost ?? concurrency;
  return `each worker process sends up to ${cap} requests to a host at a time: with 4 of them it gets up to ${cap === "auto" ? "4 times that" : 4 * cap}`;
}
