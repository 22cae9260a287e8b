// The process that downloads chunks for a worker of the fleet: each as a run of its own, with one HTTP client for all of a run.

import { Socket } from "node:net";
import { basename } from "node:path";
import { BulkgetError, FolderError, ListError, messageFor, type Wording } from "../../core/errors.ts";
import { layoutOfAttempt } from "../../core/layout.ts";
import type { Get } from "../../core/ports.ts";
import { combineReporters, STALL_MS } from "../../core/run/combine-reporters.ts";
import type { Run, StopReason } from "../../core/run/run.ts";
import { tallyToJson } from "../../core/run/tally-json.ts";
import { monotonicMs } from "../../queue/monotonic.ts";
import { keptWriterThread } from "../../sink/directory/kept-thread.ts";
import { jobSource, LIST_HAS_CHANGED, type Range, rangeSource } from "../../source/parts/part.ts";
import { ipcChannel } from "../../workers/ipc-channel.ts";
import { clock } from "../clock.ts";
import { download } from "../download.ts";
import { exitProcess } from "../exit-process.ts";
import { httpClient } from "../network/http-client.ts";
import { listRangeReader } from "../network/list-range.ts";
import { namingOf } from "../output/file-sink.ts";
import { refuseNames } from "../output/name-table.ts";
import { openOutput } from "../output/output.ts";
import { attemptCounter } from "./commit/attempt-results.ts";
import type { ChunkEnd, ChunkTask, FromChunks, ToChunks } from "./messages.ts";

/** File descriptor of the pipe to the worker. */
const PIPE_FD = 3;

/** After a stop, URLs in flight get this time to finish, in milliseconds. */
const GRACE_MS = 5000;

/** How often the progress is sent, in milliseconds. */
const PROGRESS_MS = 1000;

const thread = keptWriterThread();

const WORDS: Wording = {
  option: (name) => name,
  subject: (name) => name,
  listFrom: (command) => command,
};

/** Serves the worker until that closes the pipe or ends. */
export function serveChunks(): void {
  // The worker decides when to stop: a terminal sends ^C to all processes of its group.
  for (const signal of ["SIGUSR1", "SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  const socket = new Socket({ fd: PIPE_FD, readable: true, writable: true });
  const leave = () => exitProcess(0);
  socket.on("end", leave).on("close", leave);
  let stop = new AbortController();
  let expiry: NodeJS.Timeout | undefined;
  let isPerforming = false;
  let client: { readonly run: string; readonly get: Get } | undefined;
  const channel = ipcChannel<FromChunks, ToChunks>(socket, (message) => {
    if ("stop" in message) stop.abort("SIGTERM" satisfies StopReason);
    else if ("heldUntilMs" in message) {
      clearTimeout(expiry);
      // The worker is suspended: it would have killed this process.
      if (isPerforming) expiry = setTimeout(leave, Math.max(0, message.heldUntilMs - monotonicMs()));
    } else {
      stop = new AbortController();
      isPerforming = true;
      // Never rejects.
      void perform(message.task, stop).then((end) => {
        clearTimeout(expiry);
        isPerforming = false;
        channel.put({ end });
      });
    }
  });

  async function perform(task: ChunkTask, stopping: AbortController): Promise<ChunkEnd> {
    try {
      if (client?.run !== task.run) {
        client?.get.close();
        client = { run: task.run, get: httpClient(task.web) };
      }
      return await downloadChunk(task, client.get, stopping, (message) => channel.put(message));
    } catch (error) {
      if (stopping.signal.aborted && error instanceof ListError) return { how: "stopped" };
      const message = error instanceof BulkgetError ? messageFor(error, WORDS) : String(error);
      return { how: "failed", reason: message };
    }
  }
}

/** Downloads a chunk into the folder of its attempt. Rejects with the errors of a run. */
async function downloadChunk(
  { options, attempt, source, command }: ChunkTask,
  get: Get,
  stop: AbortController,
  send: (message: FromChunks) => void,
): Promise<ChunkEnd> {
  const note = (text: string) => send({ note: text });
  const name = basename(attempt);
  const own = { ...options, outputDir: attempt, attempt: name };
  const refuse = refuseNames(namingOf(own));
  const about = { refuse, onNamed: () => {} };
  const onWeb = listRangeReader(get, options, stop.signal, LIST_HAS_CHANGED);
  const bytesOf = ({ path: url, etag = "", listBytes: wholeBytes, fromBytes, toBytes }: Range) =>
    onWeb({ url, etag, wholeBytes, fromBytes, toBytes });
  const list =
    "jobs" in source
      ? jobSource(source.jobs, about)
      : rangeSource(source, about, source.etag === undefined ? undefined : bytesOf);
  const layout = layoutOfAttempt(name);
  const output = await openOutput(own, {
    lists: [],
    note,
    stays: true,
    stop: stop.signal,
    command,
    layout,
    thread,
  });
  let run: Run | undefined;
  let problem: string | undefined;
  const counter = output.isNew ? attemptCounter() : undefined;
  try {
    const remaining = await output.resume(list);
    const reporters = combineReporters(output.reporters, {
      stallMs: STALL_MS,
      after: clock.after,
      onLost(name, error) {
        problem = `${name} cannot be written any more: ${(error as Error).message}`;
        stop.abort("disk" satisfies StopReason);
      },
    });
    run = download({
      ...options,
      source: remaining,
      get: { ...get, close() {} }, // its connections are used by the next chunk
      sink: output.sink,
      savedFileOf: output.savedFileOf,
      expect: output.expect,
      report: (outcome, job) => {
        if (outcome.outcome === "failed" && (outcome.error === "disk_full" || outcome.error === "write_failed"))
          problem = outcome.detail;
        counter?.add(outcome);
        return reporters.outcome(outcome, job);
      },
      stop,
      graceMs: GRACE_MS,
    });
    const { view } = run;
    const timer = setInterval(() => {
      const { inFlight, waiting, retrying } = view;
      const progress = { inFlight, waiting, retrying, receivedBytes: view.receivedBytes() };
      send({ progress: { tally: tallyToJson(view.tally), ...progress } });
    }, PROGRESS_MS);
    reporters.start(view);
    try {
      await run.done;
    } finally {
      clearInterval(timer);
    }
    await reporters.end(view);
  } finally {
    await output.close();
  }
  const reason = stop.signal.reason as StopReason | undefined;
  if (reason === "disk") throw new FolderError("disk", problem ?? `${attempt}: cannot be written`);
  if (stop.signal.aborted) return { how: "stopped" };
  const results = counter?.results();
  return { how: "whole", ...(results && { results: { ...results, tally: tallyToJson(results.tally) } }) };
}
