// `--dry-run`: prints what a run would do, without a request and without a file.

import { dryRun } from "../app/dry-run.ts";
import { OptionError, useAnotherFolder } from "../core/errors.ts";
import { dryRunText } from "../report/dry-run.ts";
import type { FileNames } from "../sink/names/file-names.ts";
import { type CommandLine, FLAG_WORDING } from "./command-line/command-line.ts";
import type { Input } from "./command-line/input.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { log, printStdout } from "./log.ts";

/** Returns the exit code. Throws an OptionError for a list on the web, and the errors of the list and the folder. */
export async function printDryRun(line: CommandLine, input: Input, naming: FileNames): Promise<number> {
  const { rate, hostRate, outputDir, listUrl } = line;
  if (listUrl !== undefined) throw new OptionError("--dry-run requests nothing, and --list-url is on the web");
  const counted = await dryRun(input.read, { ...line, naming, isRereadable: input.isRereadable });
  const isLimited = rate !== undefined || hostRate !== undefined;
  await printStdout(
    `${dryRunText(counted, { names: input.names, folder: line.store?.shown ?? outputDir, isLimited })}\n`,
  );
  if (counted.earlier?.isOther !== true) return EXIT_CODES.finished.code;
  const words = { ...FLAG_WORDING, isInStore: line.store !== undefined };
  log(`${outputDir}: holds the run of another list, which a run refuses: ${useAnotherFolder(words)}`);
  return EXIT_CODES.usage.code;
}
