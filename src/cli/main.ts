// The composition root of the command: reads the command line, runs, tells, and leaves with the right code.

import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { setFlagsFromString } from "node:v8";
import { OptionError } from "../core/option.ts";
import type { View } from "../core/ports.ts";
import { type NamedReporter, together } from "../core/reporters.ts";
import type { StopReason } from "../core/run.ts";
import { clock, download, type FetchOptions, openFolder, STALL_MS, webOf } from "../download.ts";
import { escaped } from "../report/escape.ts";
import { paint } from "../report/format.ts";
import { journal } from "../report/journal.ts";
import { plain } from "../report/plain.ts";
import { streamed } from "../report/stream.ts";
import { summary } from "../report/summary.ts";
import { FolderError } from "../sink/folder.ts";
import { ListError, lists } from "../source/lists.ts";
import { type CommandLine, type Leave, readCommandLine } from "./options.ts";
import { onSignals } from "./signals.ts";

interface Env {
  readonly [name: string]: string | undefined;
  readonly TERM?: string;
  readonly CI?: string;
  readonly NO_COLOR?: string;
  readonly FORCE_COLOR?: string;
}

const EXIT = { finished: 0, failed: 1, usage: 2, disk: 3, bug: 70 } as const;

/** What is under way gets so long to finish after the first signal. */
const GRACE_MS = 5000;
const HEARTBEAT_MS = 60_000;

/** Runs the command; gives its exit code. Ends by the signal itself where one stopped it. */
export async function main(argv: readonly string[], env: Env): Promise<number> {
  // V8 would optimise undici's WebAssembly parser after a few answers, and a short run wait for that at its end: 0.1 s.
  setFlagsFromString("--wasm-tiering-budget=2000000000");
  const line = readCommandLine(argv.slice(2));
  if ("exitCode" in line) return leave(line);
  process.once("uncaughtException", crash);
  process.once("beforeExit", () => crash(new Error("nothing is under way any more, but the run is not over")));
  const stop = new AbortController();
  try {
    return await runCommand(line, env, stop);
  } catch (error) {
    return complain(error);
  } finally {
    await flushed(process.stderr);
  }
}

async function runCommand(line: CommandLine, env: Env, stop: AbortController): Promise<number> {
  const source = lists(line.lists, { stdin: () => process.stdin, stop: stop.signal });
  const get = webOf(fetchOptions(line));
  const folder = await openFolder(line.outputDir, line.name, line.force, line.lists);
  let brokenReport = false;
  const { extra, note } = await extraReporters(line, env);
  const reporters = together([...folder.reporters, ...extra], {
    stallMs: STALL_MS,
    after: clock.after,
    onLost(name, error) {
      brokenReport = true;
      note(`the report ${name} cannot be written any more: ${(error as Error).message}`);
      if (folder.reporters.some((one) => one.name === name)) stop.abort("disk" satisfies StopReason);
    },
  });
  const run = download({
    source,
    get,
    sink: folder.sink,
    concurrency: line.concurrency,
    report: (outcome) => reporters.outcome(outcome),
    stop,
    graceMs: GRACE_MS,
  });
  const signals = onSignals((signal, again) => {
    if (again) return run.abandon();
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
  }
  await reporters.end(run.view);
  signals.release();
  if (broken !== undefined) complain(broken.error);
  const code = exitCode(run.view, line, stop.signal.reason as StopReason | undefined, broken !== undefined);
  if (code === EXIT.disk) say("stopped: the disk or a report cannot be written any more");
  if (code === EXIT.finished && brokenReport) return EXIT.failed;
  const signal = stop.signal.reason as StopReason | undefined;
  if (code > 128 && signal !== undefined && signal !== "disk" && signal !== "request") {
    await flushed(process.stderr);
    signals.raise(signal);
  }
  return code;
}

/** The most serious of what happened: a bug, a signal, the disk, the list, the failures. */
function exitCode(view: View, line: CommandLine, reason: StopReason | undefined, listBroken: boolean): number {
  const { tally } = view;
  if (tally.kinds.has("internal")) return EXIT.bug;
  if (reason === "disk") return EXIT.disk;
  if (reason !== undefined && reason !== "request") return 128 + constants.signals[reason];
  if (listBroken) return EXIT.usage;
  return line.failOn(tally.failed, tally.saved + tally.failed) ? EXIT.failed : EXIT.finished;
}

function fetchOptions({ cacert, ...line }: CommandLine): FetchOptions {
  return cacert === undefined ? line : { ...line, ca: readCertificates(cacert) };
}

function readCertificates(path: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionError(`--cacert ${path}: cannot be read: ${(error as Error).message}`);
  }
  if (!pem.includes("-----BEGIN CERTIFICATE-----"))
    throw new OptionError(`--cacert ${path}: no certificate in PEM form`);
  return pem;
}

interface Extra {
  readonly extra: NamedReporter[];
  /** Says something while the run is on, beside what is shown of it. */
  readonly note: (text: string) => void;
}

/** The reporters of the command line: a copy of the records, and what a person sees. */
async function extraReporters(line: CommandLine, env: Env): Promise<Extra> {
  const extra: NamedReporter[] = [];
  if (line.report === "-") extra.push({ name: "on stdout", reporter: streamed(process.stdout) });
  else if (line.report !== undefined) extra.push({ name: line.report, reporter: openReport(line.report) });
  if (line.quiet) return { extra, note: say };
  const list = line.lists.length === 1 && line.lists[0] !== "-" ? line.lists[0] : undefined;
  const { stderr } = process;
  const terminal = stderr.isTTY === true && env.TERM !== "dumb";
  const common = {
    paint: paint(wantsColour(env, terminal)),
    folder: line.outputDir,
    write: (text: string) => void stderr.write(text),
    ...(list === undefined ? {} : { list }),
  };
  const how = line.progress === "auto" ? (terminal && !env.CI ? "bar" : "plain") : line.progress;
  if (how === "bar") {
    // Loaded only where it is shown: start-up counts for a list of thirty URLs.
    const { bar } = await import("../report/bar.ts");
    const reporter = bar({ ...common, stream: stderr, verbose: line.verbose });
    extra.push({ name: "progress", reporter });
    return { extra, note: reporter.note };
  } else if (how === "plain") {
    extra.push({ name: "progress", reporter: plain({ ...common, heartbeatMs: HEARTBEAT_MS, verbose: line.verbose }) });
  } else {
    const reporter = { outcome() {}, end: (view: View) => common.write(`${summary(view, common)}\n`) };
    extra.push({ name: "progress", reporter });
  }
  return { extra, note: say };
}

function openReport(path: string) {
  try {
    return journal(path, true);
  } catch (error) {
    throw new OptionError(`--report ${path}: cannot be written: ${(error as Error).message}`);
  }
}

/** https://no-color.org and FORCE_COLOR, as Node reads them. */
function wantsColour(env: Env, terminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  return terminal && (no === undefined || no === "");
}

async function leave({ exitCode, out, err }: Leave): Promise<number> {
  process.stdout.on("error", () => {}); // a reader that has gone away needs no help
  process.stdout.write(out);
  process.stderr.write(err);
  await flushed(process.stdout);
  return exitCode;
}

/** Says why there is no run, or no more of one; gives the exit code for it. */
function complain(error: unknown): number {
  if (error instanceof FolderError) {
    say(error.message);
    return error.kind === "disk" ? EXIT.disk : EXIT.usage;
  }
  if (error instanceof ListError || error instanceof OptionError) {
    say(error.message);
    return EXIT.usage;
  }
  say(`a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.bug;
}

/** What nobody caught, or a run that can never end: said, and left with the code of a bug. */
function crash(error: unknown): never {
  process.exit(complain(error));
}

function say(text: string): void {
  process.stderr.write(
    `bulkget: ${text
      .split("\n")
      .map((part) => escaped(part))
      .join("\n")}\n`,
  );
}

/** Waits until a stream has handed on what it was given, a second at most. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(1000, resolve);
    stream.write("", () => {
      cancel();
      resolve();
    });
  });
}
