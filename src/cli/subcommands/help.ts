// `bulkget help [topic]`: prints the same help as `--help`, of the command or a subcommand.

import { type EarlyExit, parse } from "../command-line/commander.ts";
import type { Env } from "../command-line/variables.ts";
import { COMMANDS, type CommandName } from "./commands.ts";

export async function help(argv: readonly string[], env: Env): Promise<EarlyExit> {
  const read = parse("help", {}, argv, env);
  if (!("args" in read)) return read;
  const [topic = "bulkget"] = read.args;
  const command = Object.hasOwn(COMMANDS, topic) ? (topic as CommandName) : "bulkget";
  return { page: { command, isFull: topic === "all" } };
}
