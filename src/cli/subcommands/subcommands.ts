// The table of subcommands, each loaded when it is the first word of the command line.

import type { EarlyExit } from "../command-line/commander.ts";
import type { Env } from "../reporters.ts";
import type { CommandName } from "./commands.ts";

/** Runs a subcommand with the words after its name. Returns the exit code, or a page or refusal to print. */
export type Subcommand = (argv: readonly string[], env: Env) => Promise<number | EarlyExit>;

/** One row per subcommand; its help is in `commands.ts`. */
const SUBCOMMANDS: Readonly<Record<Exclude<CommandName, "bulkget">, () => Promise<Subcommand>>> = {
  tune: async () => (await import("./tune.ts")).tune,
  extract: async () => (await import("./extract.ts")).extract,
  report: async () => (await import("./report.ts")).report,
  enqueue: async () => (await import("./enqueue.ts")).enqueue,
  work: async () => (await import("./work.ts")).work,
  watch: async () => (await import("./watch.ts")).watch,
  completion: async () => (await import("./completion.ts")).completion,
  help: async () => (await import("./help.ts")).help,
};

export const SUBCOMMAND_NAMES: readonly string[] = Object.keys(SUBCOMMANDS);

/** The loader of the subcommand that a word names; undefined for any other word, such as a list. */
export function subcommandLoader(word = ""): (() => Promise<Subcommand>) | undefined {
  return Object.hasOwn(SUBCOMMANDS, word) ? SUBCOMMANDS[word as keyof typeof SUBCOMMANDS] : undefined;
}
