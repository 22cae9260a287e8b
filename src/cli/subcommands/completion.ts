// `bulkget completion`: prints the script that completes command lines in a shell.

import { type EarlyExit, parse } from "../command-line/commander.ts";
import type { Env } from "../command-line/variables.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { printStdout } from "../log.ts";
import { SHELLS } from "./commands.ts";

/** Throws a StdoutError. */
export async function completion(argv: readonly string[], env: Env): Promise<number | EarlyExit> {
  const read = parse("completion", {}, argv, env);
  if (!("args" in read)) return read;
  const shell = SHELLS.find((one) => one === read.args[0]) ?? "bash";
  const { completionScript } = await import("../manual.ts");
  await printStdout(completionScript(shell));
  return EXIT_CODES.finished.code;
}
