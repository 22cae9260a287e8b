// Opens the metrics of --metrics before the run begins: a port that is in use and a file that cannot be written end the command.

import { resolve } from "node:path";
import { layoutFor } from "../../app/list-shard.ts";
import { OptionError } from "../../core/errors.ts";
import { ownPaths } from "../../fs/own-paths.ts";
import { lastSuccess } from "../../journal/reading/last-success.ts";
import type { Metrics } from "../../report/metrics/metrics.ts";
import { VERSION } from "../../version.ts";
import type { CommandLine } from "../command-line/command-line.ts";

export type { Metrics };

/** Returns undefined without --metrics. Throws an OptionError. */
export async function openMetrics(
  line: Pick<CommandLine, "metrics" | "outputDir" | "report">,
  note: (text: string) => void,
): Promise<Metrics | undefined> {
  const { metrics: target, outputDir, report = [] } = line;
  if (target === undefined) return undefined;
  const isFile = "file" in target;
  const shown = isFile ? target.file : `${target.host}:${target.port}`;
  if (isFile && report.some(({ path }) => resolve(path) === resolve(target.file)))
    throw new OptionError(`--metrics ${shown}: is the file of --report as well; name another file`);
  // Loaded only when it is used.
  const { openMetrics: open } = await import("../../report/metrics/metrics.ts");
  try {
    const lastSuccessAtMs = lastSuccess(ownPaths(outputDir, layoutFor(line)).runs);
    const metrics = await open(target, { version: VERSION, lastSuccessAtMs, note });
    if (!isFile) note(`metrics: ${metrics.place}`);
    return metrics;
  } catch (error) {
    const { message } = error as Error;
    throw new OptionError(`--metrics ${shown}: ${isFile ? message : `cannot listen: ${message}; name another port`}`);
  }
}
