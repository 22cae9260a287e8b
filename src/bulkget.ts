// The library: downloads the URLs of an iterable or a list file, and yields typed outcomes as they finish.

import { constants } from "node:buffer";
import { clock } from "./app/clock.ts";
import { download, type ScheduleOptions } from "./app/download.ts";
import { carrierOf, type DispatcherOptions } from "./app/network/dispatcher-option.ts";
import { listFetcher } from "./app/network/fetch-list.ts";
import { type FetchOptions, httpClient } from "./app/network/http-client.ts";
import { namingOf } from "./app/output/file-sink.ts";
import { refuseNames } from "./app/output/name-table.ts";
import { type Output as OpenedOutput, openOutput } from "./app/output/output.ts";
import type { OutputOptions } from "./app/output/output-options.ts";
import { openSink } from "./app/output/output-registry.ts";
import { containerFormatOf } from "./app/output/shard-output.ts";
import { withStore } from "./app/store/store-option.ts";
import { BulkgetError, OptionError } from "./core/errors.ts";
import type { Failed, Outcome, Saved, Skipped } from "./core/job.ts";
import type { Get, Reporter, Sink, Source, View } from "./core/ports.ts";
import { combineReporters, type NamedReporter, STALL_MS } from "./core/run/combine-reporters.ts";
import type { StopReason } from "./core/run/run.ts";
import { type Input, inputOf, unlessCut } from "./library/input.ts";
import type { ListOptions } from "./library/list-options.ts";
import { outcomeQueue } from "./library/outcome-queue.ts";
import { type Progress, progressOf, type Summary, snapshot, type Ticker, ticker } from "./library/progress.ts";
import { checked } from "./options/check.ts";
import type { Item, Items } from "./source/items.ts";

export interface BulkgetOptions extends FetchOptions, DispatcherOptions, ScheduleOptions, OutputOptions, ListOptions {
  /** "files" (the default) saves bodies in `outputDir`; "memory" yields each body with its outcome, as `body`. */
  readonly output?: "files" | "memory" | undefined;
  /** Stops the run at once when it aborts: the loop throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Stops the run after this many milliseconds: the loop ends, and unfinished URLs have no outcome. Default: no limit. */
  readonly deadlineMs?: number | undefined;
  /**
   * Called with the progress, at most 10 times per second and once at the end. If it throws or rejects, the run ends and the loop
   * throws that error. A promise that it returns is not awaited.
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A saved outcome of a run with `output: "memory"`, with its body. */
export type SavedBody = Saved & { readonly body: Uint8Array };

/** An outcome of a run with `output: "memory"`. */
export type MemoryOutcome = SavedBody | Skipped | Failed;

/** A run. It starts with the first call of `next`, as a `for await` loop makes it. */
export interface BulkgetRun<O = Outcome> extends AsyncGenerator<O, void, void> {
  /** The live progress of the run. */
  readonly view: Progress;
  /** Resolves when the loop is over, for whatever reason. Never rejects; stays pending if no loop starts the run. */
  readonly summary: Promise<Summary>;
}

/** Default maximum size of a body in memory, in bytes. */
const MAX_BODY_BYTES = 67_108_864;

type InMemory = BulkgetOptions & { readonly output: "memory" };
type With<T> = Exclude<Item<T>, string | URL> & { readonly data: T };

/**
 * Downloads every URL of `input`, at most `concurrency` at a time, and yields one outcome per URL as it finishes. Failures are
 * outcomes too, never thrown. `input` is an iterable or async iterable, which is pulled only when a slot is free, or the path of
 * a list. The `data` of an item is returned with its outcome. A slow loop slows the downloads down, so memory stays bounded.
 * `break`, an abort or a throw stops the run and releases its resources. Options are read and checked once, by the call.
 * @throws OptionError by the call, for an unknown option, or an option or input that cannot be used. By the loop: FolderError,
 * LockedError, JournalError, ListError or BulkgetError, for a folder of another list, in use or not writable, a list that cannot
 * be read, or a disk that fails during the run. The loop rethrows the iterable's own error.
 */
export function bulkget<T>(input: Items<With<T>>, options: InMemory): BulkgetRun<MemoryOutcome & { readonly data: T }>;
export function bulkget<T>(input: Items<With<T>>, options?: BulkgetOptions): BulkgetRun<Outcome & { readonly data: T }>;
export function bulkget(input: Items | string, options: InMemory): BulkgetRun<MemoryOutcome>;
export function bulkget(input: Items | string, options?: BulkgetOptions): BulkgetRun;
export function bulkget(input: Items | string, given?: BulkgetOptions): BulkgetRun {
  const options: BulkgetOptions = withStore<BulkgetOptions>(checked(given));
  const stop = new AbortController();
  const from = inputOf(
    input,
    options,
    listFetcher(() => get, options, stop.signal),
  );
  const get = clientFor(options);
  const { signal, onProgress } = options;
  const queue = outcomeQueue<Outcome>();
  let isStarted = false;
  let isReturned = false;
  let view: View | undefined;
  let broken: { readonly error: unknown } | undefined;
  const progress = progressOf(() => view);
  let resolveSummary: (stopped: Summary["stopped"]) => void = () => {};
  const summary = new Promise<Summary>((resolve) => {
    resolveSummary = (stopped) => resolve({ ...snapshot(progress), stopped });
  });
  /** Starts no more URLs, aborts those in flight, and ends the loop. */
  const stopRun = () => {
    stop.abort("request" satisfies StopReason);
    queue.finish();
  };

  async function* outcomes(): AsyncGenerator<Outcome, void, void> {
    isStarted = true;
    let stopped: Summary["stopped"] = "request";
    let progressTicker: Ticker | undefined;
    try {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", stopRun, { once: true });
      const output = await outputOf(from, options, stop);
      try {
        if (stop.signal.aborted) return signal?.throwIfAborted();
        const { sink, source, savedFileOf, expect, reporter } = output;
        output.runs?.begin();
        const run = download({
          ...options,
          ...{ source, get, sink, stop, savedFileOf, expect, graceMs: 0 },
          async report(outcome) {
            await reporter.outcome(recordable(outcome));
            if (outcome.outcome !== "failed" || outcome.error !== "interrupted") await queue.put(outcome);
          },
        });
        view = run.view;
        const fail = (error: unknown) => {
          broken ??= { error };
          stopRun();
        };
        const runEnd = run.done.catch(fail).finally(() => queue.finish());
        try {
          if (onProgress !== undefined) progressTicker = ticker(progress, onProgress, fail);
          reporter.start(view);
          for (let outcome = await queue.next(); outcome !== undefined; outcome = await queue.next()) {
            signal?.throwIfAborted();
            yield outcome;
          }
          signal?.throwIfAborted();
          if (broken !== undefined) throw broken.error;
          const reason = stop.signal.reason as StopReason | undefined;
          if (reason === "disk")
            throw new BulkgetError("ERR_BULKGET_DISK", "stopped: the disk, or the store, cannot be written any more");
          stopped = reason === "deadline" || reason === undefined ? reason : "request";
        } finally {
          stopRun();
          queue.close();
          await runEnd;
          await reporter.end(view);
        }
      } finally {
        await output.close().finally(() => void (view && output.runs?.end(view)));
      }
    } catch (error) {
      if (view === undefined) {
        signal?.throwIfAborted(); // the abort takes precedence over any error of opening the folder
        if (isReturned) return;
      }
      if (signal?.aborted !== true) stopped = stop.signal.reason === "disk" ? "disk" : "error";
      throw error;
    } finally {
      signal?.removeEventListener("abort", stopRun);
      get.close();
      try {
        progressTicker?.end();
      } finally {
        resolveSummary(stopped);
      }
    }
  }

  const run = outcomes();
  const returnRun = run.return.bind(run);
  return Object.assign(run, {
    view: progress,
    summary,
    /** Does not wait for a pending `next`. */
    return() {
      isReturned = true;
      stopRun();
      if (!isStarted) resolveSummary("request");
      return returnRun();
    },
  });
}

/** Creates the HTTP client. Throws an OptionError for an option of the client or the folder that cannot be used. */
function clientFor(options: BulkgetOptions): Get {
  const carrier = carrierOf(options);
  if (options.output !== "memory") {
    namingOf(options);
    return httpClient(options, undefined, carrier);
  }
  if (containerFormatOf(options) !== undefined)
    throw new OptionError("is for folders: bodies in memory are in no archive", "format");
  for (const name of ["saveHeaders", "remoteTime"] as const)
    if (options[name] === true) throw new OptionError("is for files: bodies in memory are none", name);
  if (options.dedupe === true) throw new OptionError("is for files: bodies queue over have no names", "dedupe");
  const maxFilesize = Math.min(options.maxFilesize ?? MAX_BODY_BYTES, constants.MAX_LENGTH);
  return httpClient({ ...options, maxFilesize }, undefined, carrier);
}

/** The outcome without `data`, which belongs to the caller and is not written to files. */
function recordable(outcome: Outcome): Outcome {
  if (outcome.data === undefined) return outcome;
  const { data: _, ...rest } = outcome;
  return rest;
}

interface Output {
  readonly source: Source;
  readonly sink: Sink;
  readonly savedFileOf: OpenedOutput["savedFileOf"];
  readonly expect: OpenedOutput["expect"];
  readonly reporter: Required<Reporter>;
  readonly runs: OpenedOutput["runs"] | undefined;
  readonly close: () => Promise<void>;
}

async function outputOf(input: Input, options: BulkgetOptions, stop: AbortController): Promise<Output> {
  const naming = namingOf(options);
  const refuse = options.output === "memory" ? undefined : () => refuseNames(naming);
  const read = () => input.read(stop.signal, refuse);
  await read().check?.();
  const onLost = () => stop.abort("disk" satisfies StopReason);
  const reporterOf = (reporters: readonly NamedReporter[]) =>
    combineReporters(reporters, { stallMs: STALL_MS, after: clock.after, onLost });
  if (options.output === "memory") {
    const { sink } = openSink("memory", { hash: options.hash !== undefined });
    return {
      source: read(),
      sink,
      savedFileOf: undefined,
      expect: undefined,
      reporter: reporterOf([]),
      runs: undefined,
      close: async () => {},
    };
  }
  const output = await openOutput(options, {
    lists: input.list === undefined ? [] : [input.list],
    note() {},
    stop: stop.signal,
  });
  try {
    const again = input.isRereadable ? () => unlessCut(read(), stop.signal) : undefined;
    const source = await output.resume(read(), again);
    return { ...output, source, reporter: reporterOf(output.reporters), close: () => output.close() };
  } catch (error) {
    await output.close();
    throw error;
  }
}
