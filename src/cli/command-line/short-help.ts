// Explains a refused command line: the short help of `bulkget` alone, and a misspelt subcommand.

import { COMMANDS } from "../subcommands/commands.ts";
import type { EarlyExit } from "./commander.ts";
import { misspeltSubcommand } from "./list-hints.ts";

/** Returns the refusal of these words in the words that help most; a page as it is. */
export function explained(exit: EarlyExit, argv: readonly string[]): EarlyExit {
  const [first] = argv;
  if (!("refusal" in exit)) return exit;
  if (first === undefined) return { refusal: shortHelp() };
  const mistake = misspeltSubcommand(first);
  return mistake === undefined ? exit : { refusal: `bulkget: ${mistake}\n` };
}

function shortHelp(): string {
  const { usage, summary, notes } = COMMANDS.bulkget;
  return `${summary}\n\nUsage: ${usage}\n${notes}\nbulkget --help lists the options, bulkget help all explains them.\n`;
}
