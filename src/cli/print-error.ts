// Prints the error that prevented or ended a run, and ends the process after one that nothing has caught.

import { exitProcess } from "../app/exit-process.ts";
import { BulkgetError, messageFor } from "../core/errors.ts";
import { FLAG_WORDING } from "./command-line/command-line.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { exitOfError } from "./exit-of.ts";
import { log } from "./log.ts";

/** Prints the error. Returns its exit code. */
export function printError(error: unknown): number {
  const end = exitOfError(error);
  const { stack, message } = error instanceof Error ? error : { stack: undefined, message: String(error) };
  if (end === "bug") log(`a bug: ${stack ?? message}`);
  else log(error instanceof BulkgetError ? messageFor(error, FLAG_WORDING) : message);
  return EXIT_CODES[end].code;
}

/** Prints an uncaught error, or the error of a run that can never end, and exits with the code of a bug. */
export function crash(error: unknown): never {
  exitProcess(printError(error));
}
