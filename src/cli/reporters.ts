// Opens the reporters of the command line: --report files, and progress with the summary on stderr.

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { clock } from "../app/clock.ts";
import { layoutFor, type ShardOptions } from "../app/list-shard.ts";
import { OptionError } from "../core/errors.ts";
import { type NamedReporter, STALL_MS } from "../core/run/combine-reporters.ts";
import { ownPaths } from "../fs/own-paths.ts";
import { type FailingHosts, failingHosts } from "../report/failing-hosts.ts";
import { folderSizeHint } from "../report/folder-size-hint.ts";
import { paint } from "../report/format.ts";
import type { ReportRequest } from "../report/formats/registry.ts";
import type { TextOutput } from "../report/formats/report-format.ts";
import { namedPipe } from "../report/named-pipe.ts";
import type { NextSteps } from "../report/next-steps.ts";
import { plain, summaryOnly } from "../report/progress/plain.ts";
import { textFile, textStream } from "../report/text-output.ts";
import { sameFile } from "../sink/folder/output-folder.ts";
import type { CommandLine } from "./command-line/command-line.ts";
import type { Input } from "./command-line/input.ts";
import { log, printStderr } from "./log.ts";

export interface Env {
  readonly [name: string]: string | undefined;
  readonly TERM?: string;
  readonly CI?: string;
  readonly NO_COLOR?: string;
  readonly FORCE_COLOR?: string;
}

const HEARTBEAT_MS = 60_000;

export interface Extra {
  readonly extra: NamedReporter[];
  /** Prints a message during the run, without breaking the progress display. */
  readonly note: (text: string) => void;
}

/** What reporters need of a command line. */
export type ReportedLine = Pick<CommandLine, "quiet" | "progress" | "verbose" | "lists" | "report" | "store"> &
  ShardOptions & { readonly outputDir: string };

export interface ReporterContext {
  /** The failing hosts of a fleet. Default: those of the outcomes that are reported. */
  readonly hosts?: FailingHosts;
  readonly input: Pick<Input, "names" | "hasLines">;
  readonly next: NextSteps;
  readonly env: Env;
  /** When it aborts, readers of reports are no longer waited for. */
  readonly late: AbortSignal;
}

/** Opens the reporters. Throws an OptionError for a file that cannot be written. */
export async function extraReporters(line: ReportedLine, context: ReporterContext): Promise<Extra> {
  const { input, next, env, late } = context;
  const { names, hasLines } = input;
  const extra: NamedReporter[] = [];
  const reports = line.report ?? [];
  refuseOverwriting(reports, line);
  for (const report of reports) extra.push(openReport(report, late));
  if (line.quiet) return { extra, note: log };
  const list = names.length === 1 && names[0] !== "-" ? names[0] : undefined;
  const { stderr } = process;
  const terminal = stderr.isTTY === true && env.TERM !== "dumb";
  const hosts = context.hosts ?? failingHosts();
  extra.push({ name: "hosts", reporter: hosts });
  const common = {
    paint: paint(wantsColour(env, terminal)),
    folder: line.store?.shown ?? line.outputDir,
    layout: layoutFor(line),
    write: printStderr,
    columns: stderr.isTTY === true ? () => stderr.columns || 80 : undefined,
    verbose: line.verbose,
    timestamp: () => clock.timestamp(),
    ...{ list, hasLines, hosts, next },
  };
  const how = line.progress === "auto" ? (terminal && !env.CI ? "bar" : "plain") : line.progress;
  if (how === "bar") {
    // Loaded only when it is shown: start-up time matters for a list of thirty URLs.
    const { bar } = await import("../report/progress/bar.ts");
    const reporter = bar({ ...common, stream: stderr });
    extra.push({ name: "progress", reporter }, { name: "advice", reporter: folderSizeHint(reporter.note) });
    return { extra, note: reporter.note };
  } else if (how === "plain") {
    extra.push({ name: "progress", reporter: plain({ ...common, heartbeatMs: HEARTBEAT_MS }) });
  } else {
    extra.push({ name: "progress", reporter: summaryOnly(common) });
  }
  extra.push({ name: "advice", reporter: folderSizeHint(log) });
  return { extra, note: log };
}

/** Throws an OptionError for a report that would replace a list, a file of the run, or another report. */
function refuseOverwriting(reports: readonly ReportRequest[], line: ReportedLine): void {
  const { lists, outputDir } = line;
  const { journal, failedList, runs } = ownPaths(outputDir, layoutFor(line));
  const own = [journal, failedList, runs];
  const kept = [...lists, ...own];
  for (const [i, { path }] of reports.entries()) {
    if (reports.slice(0, i).some((one) => resolve(one.path) === resolve(path) || sameFile(one.path, path)))
      throw new OptionError(`--report ${path}: is named twice; name another file`);
    const replaced = path === "-" ? undefined : kept.find((one) => sameFile(one, path));
    if (replaced !== undefined)
      throw new OptionError(`--report ${path}: would overwrite ${replaced}; name another file`);
  }
}

function openReport({ format, path }: ReportRequest, late: AbortSignal): NamedReporter {
  if (path === "-") return { name: "on stdout", reporter: format.reporter(textStream(process.stdout, late)) };
  return { name: path, reporter: format.reporter(openOutput(path, late)) };
}

function openOutput(path: string, late: AbortSignal): TextOutput {
  try {
    // Opening a named pipe for writing would block the process until it has a reader.
    if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true)
      return namedPipe(path, { after: clock.after, late, limitMs: STALL_MS });
    return textFile(path);
  } catch (error) {
    throw new OptionError(`--report ${path}: cannot be written: ${(error as Error).message}; name another file`);
  }
}

/** https://no-color.org and FORCE_COLOR, as Node reads them. */
export function wantsColour(env: Env, terminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  return terminal && (no === undefined || no === "");
}
