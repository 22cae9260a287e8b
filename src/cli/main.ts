// The composition root of the command: reads the command line, runs, tells, and leaves with the right code.

import { statSync } from "node:fs";
import { constants } from "node:os";
import { clock } from "../app/clock.ts";
import { download } from "../app/download.ts";
import { exitProcess } from "../app/exit-process.ts";
import { namingOf } from "../app/file-sink.ts";
import { AUTO, httpClient } from "../app/http-client.ts";
import { refuseNames } from "../app/name-table.ts";
import { openOutput } from "../app/output.ts";
import { OptionError } from "../core/option-error.ts";
import type { Source, View } from "../core/ports.ts";
import { combineReporters, STALL_MS } from "../core/run/combine-reporters.ts";
import type { StopReason } from "../core/run/run.ts";
import { finished } from "../core/run/tally.ts";
import { JournalError } from "../journal/open-journal.ts";
import { leftOf } from "../report/summary.ts";
import { LockedError } from "../sink/folder/lock.ts";
import { FolderError } from "../sink/folder/output-folder.ts";
import { ListError, lists } from "../source/lists.ts";
import { readAhead } from "../source/read-ahead.ts";
import { ignoredAtStart } from "./ignored.ts";
import { type CommandLine, describe, type Leave, misspelt, readCommandLine } from "./options.ts";
import { flagged } from "./parsed.ts";
import { pemOf } from "./pem.ts";
import { type Env, type Extra, extraReporters } from "./reporters.ts";
import { flushed, once, print, printOut, StdoutError, say, surviveStderr } from "./say.ts";
import { ignore, onSignals, SIGNALS, type StopSignal } from "./signals.ts";
import { adviceOn, GO_ON, isSignal, stoppedLine } from "./stopped.ts";
import { sizeThreadPool } from "./thread-pool.ts";
import { processesFor, spreadOf } from "./workers.ts";

const EXIT = { finished: 0, failed: 1, usage: 2, disk: 3, stopped: 4, locked: 5, bug: 70 } as const;

/** What is under way gets so long to finish after the first signal. */
const GRACE_MS = 5000;

/** After the second one, so much is left for records and for words: then the process ends, whatever holds it. */
const HURRY_MS = 1000;

/** Runs the command; gives its exit code. Ends by the signal itself where one stopped it. */
export async function main(argv: readonly string[], env: Env): Promise<number> {
  surviveStderr();
  const ignored = ignoredAtStart(env);
  ignore(ignored);
  if (argv[2] === "tune") return await tuned(argv.slice(3), env);
  process.once("uncaughtException", crash);
  process.once("beforeExit", () => crash(new Error("nothing is under way any more, but the run is not over")));
  try {
    const line = readCommandLine(argv.slice(2));
    return "exitCode" in line ? await leave(line) : await runCommand(line, env, ignored);
  } catch (error) {
    return complain(error);
  } finally {
    await flushed(process.stderr);
  }
}

/** Loaded only where it is asked for. */
async function tuned(argv: readonly string[], env: Env): Promise<number> {
  process.once("uncaughtException", crash);
  try {
    const { tune } = await import("./tune.ts");
    const code = await tune(argv, env);
    return typeof code === "number" ? code : await leave(code);
  } catch (error) {
    return complain(error);
  } finally {
    await flushed(process.stderr);
  }
}

async function runCommand(line: CommandLine, env: Env, ignored: ReadonlySet<StopSignal>): Promise<number> {
  sizeThreadPool(line.concurrency === "auto" ? AUTO.most : line.concurrency);
  const stop = new AbortController();
  /** What is under way is given up, and so is the reader of a report. */
  const late = new AbortController();
  if (!line.quiet) for (const text of misspelt(env)) say(text);
  const { allowEmpty } = line;
  const naming = namingOf(line);
  const refuse = () => refuseNames(naming);
  const said = line.quiet ? () => {} : say;
  const notes = once(said);
  const read = () =>
    lists(line.lists, { stdin: () => process.stdin, stop: stop.signal, note: notes.note, refuse, allowEmpty });
  const list = read();
  const processes = processesFor(line);
  const web = { ...line, ...pemOf(line) };
  const get = httpClient(web);
  await list.check();
  const isRereadable = rereadable(line.lists);
  // --force removes what an earlier run saved: not before the list is known for one.
  const source = line.force && !isRereadable ? await readAhead(list) : list;
  const output = await openOutput(line, {
    lists: line.lists,
    note: notes.note,
    processes,
    stays: true,
    stop: stop.signal,
  });
  let rest: Source;
  let shown: Extra;
  try {
    rest = await output.goOn(source, isRereadable ? read : undefined);
    shown = await extraReporters(line, env, late.signal); // last: a run that is refused must not empty another's --report
  } catch (error) {
    await output.close(error instanceof ListError);
    throw error;
  }
  const { extra, note } = shown;
  if (!line.quiet) notes.tell = note;
  let brokenReport = false;
  const reporters = combineReporters([...output.reporters, ...extra], {
    stallMs: STALL_MS,
    after: clock.after,
    onLost(name, error) {
      brokenReport = true;
      note(`the report ${name} cannot be written any more: ${(error as Error).message}${adviceOn(error)}`);
      if (output.reporters.some((one) => one.name === name)) stop.abort("disk" satisfies StopReason);
    },
  });
  const spread = spreadOf(line, web, get.throttle, output.plan, line.quiet ? () => {} : note);
  const run = download({
    ...line,
    ...(spread === undefined ? {} : { spread }),
    source: rest,
    get,
    sink: output.sink,
    ...(output.twinOf === undefined ? {} : { twinOf: output.twinOf }),
    ...(output.expect === undefined ? {} : { expect: output.expect }),
    report: (outcome) => reporters.outcome(outcome),
    stop,
    graceMs: GRACE_MS,
  });
  let isHurried = false;
  const stopSignals = SIGNALS.filter((signal) => !ignored.has(signal));
  stop.signal.addEventListener("abort", () => void clock.after(GRACE_MS, () => late.abort()));
  const signals = onSignals(stopSignals, (signal, again) => {
    if (again) {
      isHurried = true;
      clock.after(HURRY_MS, () => {
        if (!line.quiet) say(`stopped: ${signal}, at once; ${GO_ON}`);
        signals.raise(signal);
        exitProcess(128 + constants.signals[signal]); // as pid 1
      });
      late.abort();
      run.abandon();
      return;
    }
    stop.abort(signal satisfies StopReason);
    if (!line.quiet)
      note(`${signal}: finishing what is under way, ${GRACE_MS / 1000} s at most; once more to stop now`);
  });
  reporters.start(run.view);
  let broken: { readonly error: unknown } | undefined;
  try {
    await run.done;
  } catch (error) {
    broken = { error };
    if (error instanceof FolderError && error.kind === "disk") stop.abort("disk" satisfies StopReason);
  }
  signals.last(); // what follows holds this thread where the disk is slow
  await reporters.end(run.view);
  try {
    await output.close(broken?.error instanceof ListError && finished(run.view.tally) === 0, isHurried);
  } catch (error) {
    brokenReport = true;
    stop.abort("disk" satisfies StopReason);
    const { message } = error as Error;
    const tell = line.quiet ? note : notes.note; // once, if it was told while the run was on
    tell(
      error instanceof FolderError ? message : `the folder ${line.outputDir} cannot be written any more: ${message}`,
    );
  }
  signals.release();
  if (broken !== undefined) complain(broken.error);
  const reason = stop.signal.reason as StopReason | undefined;
  const code = exitCode(run.view, line, reason, broken !== undefined);
  const isTold = code === EXIT.disk || (!line.quiet && (code === EXIT.stopped || code > 128));
  const stopped = isTold ? stoppedLine(reason, code !== EXIT.disk && leftOf(run.view) === 0) : undefined;
  if (stopped !== undefined) say(stopped);
  if (code === EXIT.finished && brokenReport) return EXIT.failed;
  if (code > 128 && isSignal(reason)) {
    await flushed(process.stderr);
    signals.raise(reason);
  }
  return code;
}

/** Whether all lists are files, which can be read a second time. */
function rereadable(paths: readonly string[]): boolean {
  return paths.every((path) => path !== "-" && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** The most serious of what happened: a bug, a signal, the disk, the list, the failures. */
function exitCode(view: View, line: CommandLine, reason: StopReason | undefined, listBroken: boolean): number {
  const { tally } = view;
  if (tally.kinds.has("internal")) return EXIT.bug;
  if (reason === "disk") return EXIT.disk;
  if (isSignal(reason)) return 128 + constants.signals[reason];
  if (listBroken) return EXIT.usage;
  if (reason !== undefined) return EXIT.stopped;
  // What an earlier run gave up for good has failed in this one as well.
  const { saved, failed, skipped } = view.doneEarlier ?? { saved: 0, failed: 0, skipped: 0 };
  const failures = tally.failed + failed;
  const all = finished(tally) + saved + failed + skipped;
  return line.failOn(failures, all) ? EXIT.failed : EXIT.finished;
}

async function leave({ exitCode, out, err }: Leave): Promise<number> {
  print(err);
  if (out !== "") await printOut(out);
  return exitCode;
}

/** Says why there is no run, or no more of one; gives the exit code for it. */
function complain(error: unknown): number {
  if (error instanceof FolderError) {
    say(error.message);
    return error.kind === "disk" ? EXIT.disk : EXIT.usage;
  }
  if (error instanceof LockedError) {
    say(error.message);
    return EXIT.locked;
  }
  if (error instanceof StdoutError) {
    say(error.message);
    return EXIT.disk;
  }
  if (error instanceof JournalError || error instanceof ListError || error instanceof OptionError) {
    say(error instanceof OptionError ? flagged(error, describe()) : error.message);
    return EXIT.usage;
  }
  say(`a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.bug;
}

/** What nobody caught, or a run that can never end: said, and left with the code of a bug. */
function crash(error: unknown): never {
  exitProcess(complain(error));
}
