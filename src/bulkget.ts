// The library: an iterable of URLs or a list's path in, typed outcomes out as they finish.

import { clock } from "./clock.ts";
import type { Failed, Outcome, Saved, Skipped } from "./core/job.ts";
import { OptionError } from "./core/option.ts";
import type { Reporter, Sink, Source } from "./core/ports.ts";
import { type NamedReporter, STALL_MS, together } from "./core/reporters.ts";
import type { StopReason } from "./core/run.ts";
import { download, type ScheduleOptions } from "./download.ts";
import { handover } from "./handover.ts";
import { type Output as OpenedOutput, type OutputOptions, openOutput } from "./output.ts";
import { memory } from "./sink/memory.ts";
import { type Item, items } from "./source/items.ts";
import { lists } from "./source/lists.ts";
import { type FetchOptions, webOf } from "./web.ts";

export interface BulkgetOptions extends FetchOptions, ScheduleOptions, OutputOptions {
  /** Where bodies go: into files of `outputDir` (the default), or with their outcome, as `body`. */
  readonly output?: "files" | "memory";
  /** Stops everything at once: the loop throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Stops in good order after so many milliseconds: what was not done then has no outcome, and the loop ends. */
  readonly deadlineMs?: number;
}

/** A body that was handed over, with its outcome. */
export type SavedBody = Saved & { readonly body: Uint8Array };

/** The run could not go on: this machine's disk, or a list that cannot be read. */
export class BulkgetError extends Error {}

/** Bodies handed over are bounded, in bytes, where the caller does not say. */
const MAX_BODY_BYTES = 67_108_864;

/**
 * Downloads every URL of `input`, at most `concurrency` at a time, and yields one outcome for each as it finishes: failures
 * are outcomes too, never thrown. `input` is an iterable or async iterable, pulled only as slots free up, or the path of a
 * list. A slow loop slows the downloads down; nothing piles up. `break`, an abort or a throw stop everything and free it.
 * @throws OptionError, FolderError, ListError or BulkgetError: for options that cannot be used, a folder that holds an earlier
 * run or cannot be made, a list that cannot be read, a disk that fails under way. The iterable's own error is thrown on.
 */
export function bulkget(
  input: Iterable<Item> | AsyncIterable<Item> | string,
  options: BulkgetOptions & { readonly output: "memory" },
): AsyncGenerator<SavedBody | Skipped | Failed, void, void>;
export function bulkget(
  input: Iterable<Item> | AsyncIterable<Item> | string,
  options?: BulkgetOptions,
): AsyncGenerator<Outcome, void, void>;
export async function* bulkget(
  input: Iterable<Item> | AsyncIterable<Item> | string,
  options: BulkgetOptions = {},
): AsyncGenerator<Outcome, void, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const get = webOf(options.output === "memory" ? { maxFilesize: MAX_BODY_BYTES, ...options } : options);
  const { source, sink, twinOf, reporter, close } = await outputOf(input, options, stop);
  const outcomes = handover<Outcome>();
  const { view, done } = download({
    ...options,
    source,
    get,
    sink,
    ...(twinOf === undefined ? {} : { twinOf }),
    async report(outcome) {
      await reporter.outcome(outcome);
      if (outcome.outcome !== "failed" || outcome.error !== "interrupted") await outcomes.put(outcome);
    },
    stop,
    graceMs: 0,
  });
  reporter.start(view);
  let broken: { readonly error: unknown } | undefined;
  const over = done
    .catch((error: unknown) => {
      broken = { error };
    })
    .finally(() => outcomes.finish());
  const onAbort = () => {
    stop.abort("request" satisfies StopReason);
    outcomes.finish();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    for (let outcome = await outcomes.next(); outcome !== undefined; outcome = await outcomes.next()) {
      signal?.throwIfAborted();
      yield outcome;
    }
    signal?.throwIfAborted();
    if (broken !== undefined) throw broken.error;
    if (stop.signal.reason === "disk") throw new BulkgetError("stopped: the disk cannot be written any more");
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop.abort("request" satisfies StopReason);
    outcomes.close();
    await over;
    await reporter.end(view);
    await close();
  }
}

function sourceOf(input: Iterable<Item> | AsyncIterable<Item> | string, stop: AbortSignal): Source {
  return typeof input === "string" ? lists([input], { stdin: () => process.stdin, stop }) : items(input);
}

interface Output {
  readonly source: Source;
  readonly sink: Sink;
  readonly twinOf: OpenedOutput["twinOf"];
  readonly reporter: Required<Reporter>;
  readonly close: () => Promise<void>;
}

async function outputOf(
  input: Iterable<Item> | AsyncIterable<Item> | string,
  options: BulkgetOptions,
  stop: AbortController,
): Promise<Output> {
  const read = () => sourceOf(input, stop.signal);
  const onLost = () => stop.abort("disk" satisfies StopReason);
  const reporterOf = (reporters: readonly NamedReporter[]) =>
    together(reporters, { stallMs: STALL_MS, after: clock.after, onLost });
  if (options.output === "memory") {
    if (options.dedupe === true) throw new OptionError("dedupe is for files: bodies handed over have no names");
    return { source: read(), sink: memory(), twinOf: undefined, reporter: reporterOf([]), close: async () => {} };
  }
  const isList = typeof input === "string" && input !== "-";
  const output = await openOutput(options, { lists: isList ? [input] : [], note() {} });
  try {
    const source = await output.goOn(read(), isList || Array.isArray(input) ? read : undefined);
    return {
      source,
      sink: output.sink,
      twinOf: output.twinOf,
      reporter: reporterOf(output.reporters),
      close: () => output.close(),
    };
  } catch (error) {
    await output.close();
    throw error;
  }
}
