// The subcommands: the first word of a command line, each loaded only when it is that word.

import type { EarlyExit } from "./commander.ts";
import type { CommandName } from "./commands.ts";
import type { Env } from "./reporters.ts";

/** Runs it with the words after its name. Returns the exit code, or what there is to print instead. */
export type Subcommand = (argv: readonly string[], env: Env) => Promise<number | EarlyExit>;

/** One row per subcommand; what its help shows is in `commands.ts`. */
const SUBCOMMANDS: Readonly<Record<Exclude<CommandName, "bulkget">, () => Promise<Subcommand>>> = {
  tune: async () => (await import("./tune.ts")).tune,
  completion: async () => (await import("./completion.ts")).completion,
  help: async () => (await import("./help.ts")).help,
};

/** The subcommand that a word names; undefined for any other, such as a list. */
export async function subcommandOf(word = ""): Promise<Subcommand | undefined> {
  return Object.hasOwn(SUBCOMMANDS, word) ? await SUBCOMMANDS[word as keyof typeof SUBCOMMANDS]() : undefined;
}
