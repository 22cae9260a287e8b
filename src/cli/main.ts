// The main function of the command: parses the command line, runs it, prints errors, and returns the exit code.

import { constants } from "node:os";
import { clock } from "../app/clock.ts";
import { download } from "../app/download.ts";
import { exitProcess } from "../app/exit-process.ts";
import { AUTO, httpClient } from "../app/network/http-client.ts";
import { namingOf } from "../app/output/file-sink.ts";
import { refuseNames } from "../app/output/name-table.ts";
import { openOutput } from "../app/output/output.ts";
import { FolderError, ListError, messageFor } from "../core/errors.ts";
import type { Source } from "../core/ports.ts";
import { combineReporters, STALL_MS } from "../core/run/combine-reporters.ts";
import type { StopReason } from "../core/run/run.ts";
import { finished } from "../core/run/tally.ts";
import { leftOf } from "../report/summary.ts";
import { readAhead } from "../source/read-ahead.ts";
import { VERSION } from "../version.ts";
import { withArrayShard } from "./command-line/array-shard.ts";
import { type CommandLine, FLAG_WORDING, misspelt, readCommandLine } from "./command-line/command-line.ts";
import type { EarlyExit } from "./command-line/commander.ts";
import { inputOf } from "./command-line/input.ts";
import { mistakenList, terminalHint } from "./command-line/list-hints.ts";
import { pemOf } from "./command-line/pem.ts";
import { explained } from "./command-line/short-help.ts";
import { shownCommand } from "./command-line/shown-command.ts";
import { printDryRun } from "./dry-run.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { exitOfRun } from "./exit-of.ts";
import { ignoredAtStart } from "./ignored-signals.ts";
import { flushed, log, once, printStderr, printStdout, surviveStderr } from "./log.ts";
import { nextStepsOf } from "./next-steps.ts";
import { delayOptimizing } from "./optimizer-budget.ts";
import { crash, printError } from "./print-error.ts";
import { type Env, type Extra, extraReporters } from "./reporters.ts";
import { type Metrics, openMetrics } from "./reporting/metrics.ts";
import { recordEnd } from "./reporting/record-end.ts";
import { ignore, onSignals, SIGNALS, type StopSignal } from "./signals.ts";
import { adviceOn, fatalReason, isSignal, RESUME_HINT, stoppedLine } from "./stop-messages.ts";
import { subcommandLoader } from "./subcommands/subcommands.ts";
import { sizeThreadPool } from "./thread-pool.ts";
import { processesFor, spreadOf } from "./workers.ts";

/** After the first signal, URLs in flight get this time to finish. */
const GRACE_MS = 5000;

/** After the second signal, the process ends after this time at the latest. Until then it writes records and messages. */
const HURRY_MS = 1000;

/** Runs the command. Returns its exit code; if a signal stopped the run, the process ends by that signal. */
export async function main(argv: readonly string[], env: Env): Promise<number> {
  surviveStderr();
  const ignored = ignoredAtStart(env);
  ignore(ignored);
  process.once("uncaughtException", crash);
  try {
    const load = subcommandLoader(argv[2]);
    const end =
      load === undefined ? await runLine(argv.slice(2), env, ignored) : await (await load())(argv.slice(3), env);
    return typeof end === "number" ? end : await printPage(end);
  } catch (error) {
    return printError(error);
  } finally {
    await flushed(process.stderr);
  }
}

async function runLine(
  argv: readonly string[],
  env: Env,
  ignored: ReadonlySet<StopSignal>,
): Promise<number | EarlyExit> {
  process.once("beforeExit", () => crash(new Error("nothing is under way any more, but the run is not over")));
  const line = readCommandLine(argv);
  return "lists" in line ? await runCommand(line, env, ignored, argv) : explained(line, argv);
}

async function runCommand(
  typed: CommandLine,
  env: Env,
  ignored: ReadonlySet<StopSignal>,
  words: readonly string[],
): Promise<number> {
  // 1. Before any asynchronous call: libuv creates the thread pool when it is first used.
  sizeThreadPool(typed.concurrency === "auto" ? AUTO.max : typed.concurrency);
  delayOptimizing(typed.lists);

  // 2. Check list and options. Nothing is created or fetched.
  const printNote = typed.quiet ? () => {} : log;
  const { line, argv } = await withArrayShard({ line: typed, argv: words }, env, printNote);
  const mistake = mistakenList(line.lists);
  if (mistake !== undefined) return await printPage({ refusal: `bulkget: ${mistake}\n` });
  const stop = new AbortController();
  /** Aborts when readers of reports are no longer waited for. */
  const late = new AbortController();
  if (!line.quiet) for (const text of misspelt(env)) log(text);
  const naming = namingOf(line);
  const refuse = () => refuseNames(naming);
  const notes = once(printNote);
  const input = inputOf(line, { get: () => get, stop: stop.signal, note: notes.note, refuse });
  const processes = processesFor(line);
  const web = { ...line, ...pemOf(line) };
  const get = httpClient(web);
  if (line.dryRun) {
    get.close();
    return await printDryRun(line, input, naming);
  }
  await input.check();
  if (line.html !== undefined) (await import("./reporting/html-page.ts")).refusePathOfRun(line.html, line);
  terminalHint(line.lists, printNote);

  // 3. Open the folder, and compare the list with the earlier run.
  const { read, isRereadable } = input;
  const list = read();
  // --force deletes files of an earlier run: only after the input proves to be a list.
  const source = line.force && !isRereadable ? await readAhead(list) : list;
  const output = await openOutput(line, {
    lists: line.lists,
    note: notes.note,
    processes,
    stays: true,
    stop: stop.signal,
    command: shownCommand(argv),
  });
  const lost = new Set<string>(); // names of reports that could not be written, or the folder
  let remaining: Source;
  let metrics: Metrics | undefined;
  let progress: Extra;
  try {
    remaining = await output.resume(source, isRereadable ? read : undefined);
    metrics = await openMetrics(line, notes.note);
    progress = await extraReporters(line, {
      input,
      next: nextStepsOf(argv, line, input, lost),
      env,
      late: late.signal,
    }); // last: a refused run must not truncate an existing --report file
  } catch (error) {
    metrics?.close();
    await output.close(error instanceof ListError);
    throw error;
  }

  // 4. Start reporters and run.
  const { extra, note } = progress;
  if (!line.quiet) notes.print = note;
  const fatal = fatalReason();
  const reporters = combineReporters([...output.reporters, ...extra, fatal], {
    stallMs: STALL_MS,
    after: clock.after,
    onLost(name, error) {
      lost.add(name);
      note(`the report ${name} cannot be written any more: ${(error as Error).message}${adviceOn(error)}`);
      if (output.reporters.some((one) => one.name === name)) stop.abort("disk" satisfies StopReason);
    },
  });
  output.runs.begin();
  const spread = spreadOf(line, web, get.throttle, output.shared, line.quiet ? () => {} : note);
  const run = download({
    ...line,
    spread,
    source: remaining,
    get,
    sink: output.sink,
    savedFileOf: output.savedFileOf,
    expect: output.expect,
    report: (outcome, job) => reporters.outcome(outcome, job),
    stop,
    graceMs: GRACE_MS,
  });

  // 5. Handle signals, and wait for the end.
  let isHurried = false;
  const stopSignals = SIGNALS.filter((signal) => !ignored.has(signal));
  stop.signal.addEventListener("abort", () => void clock.after(GRACE_MS, () => late.abort()));
  const signals = onSignals(stopSignals, (signal, again) => {
    if (again) {
      isHurried = true;
      clock.after(HURRY_MS, () => {
        if (!line.quiet) log(`stopped: ${signal}, at once; ${RESUME_HINT}`);
        signals.raise(signal);
        exitProcess(128 + constants.signals[signal]); // pid 1 survives a signal that it raises itself
      });
      late.abort();
      run.abandon();
      return;
    }
    stop.abort(signal satisfies StopReason);
    if (!line.quiet)
      note(`${signal}: finishing what is in flight, ${GRACE_MS / 1000} s at most; once more to stop now`);
  });
  reporters.start(run.view);
  metrics?.start(run.view);
  let broken: { readonly error: unknown } | undefined;
  try {
    await run.done;
  } catch (error) {
    broken = { error };
    if (error instanceof FolderError && error.kind === "disk") stop.abort("disk" satisfies StopReason);
  }

  // 6. Write what is left, and print why the run stopped.
  signals.last(); // the synchronous writes that follow block this thread on a slow disk
  await reporters.end(run.view);
  try {
    await output.close(broken?.error instanceof ListError && finished(run.view.tally) === 0, isHurried);
  } catch (error) {
    lost.add(line.outputDir);
    stop.abort("disk" satisfies StopReason);
    const notify = line.quiet ? note : notes.note; // only once, if it was printed during the run
    notify(
      error instanceof FolderError
        ? messageFor(error, FLAG_WORDING)
        : `the folder ${line.outputDir} cannot be written any more: ${(error as Error).message}`,
    );
  }
  signals.release();
  if (broken !== undefined) printError(broken.error);
  const reason = stop.signal.reason as StopReason | undefined;
  const end = exitOfRun({
    view: run.view,
    failOn: line.failOn,
    reason,
    isListBroken: broken !== undefined,
    isReportBroken: lost.size > 0,
  });
  const isFatal = end === "disk"; // printed with --quiet as well
  if (isFatal || (!line.quiet && (end === "stopped" || isSignal(end)))) {
    const isAll = !isFatal && leftOf(run.view) === 0;
    const stopped = stoppedLine(reason, { isAll, isInStore: line.store !== undefined, fatal: fatal.words });
    if (stopped !== undefined) log(stopped);
  }
  const last = await recordEnd(line, { view: run.view, end, isHurried, runs: output.runs, metrics });
  if (isSignal(end)) {
    await flushed(process.stderr);
    signals.raise(end);
  }
  return EXIT_CODES[last].code;
}

/** Prints a page or a refusal. The texts of pages are loaded only when needed. */
async function printPage(exit: EarlyExit): Promise<number> {
  if ("refusal" in exit) {
    printStderr(exit.refusal);
    return EXIT_CODES.usage.code;
  }
  const text = exit.page === "version" ? `${VERSION}\n` : (await import("./manual.ts")).helpText(exit.page);
  await printStdout(text);
  return EXIT_CODES.finished.code;
}
