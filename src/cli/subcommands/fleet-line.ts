// Reads the command lines of the fleet: what all of them need is the address of the queue.

import type { Rows } from "../../options/row.ts";
import { type EarlyExit, parse } from "../command-line/commander.ts";
import type { Parsed } from "../command-line/value-types.ts";
import type { Env } from "../command-line/variables.ts";
import type { CommandName } from "./commands.ts";

/** Values and operands of a command line that names its queue. */
export function parseWithQueue<T extends Rows>(
  name: CommandName,
  rows: T,
  argv: readonly string[],
  env: Env,
): { readonly values: Parsed<T>; readonly args: readonly string[]; readonly queue: string } | EarlyExit {
  const read = parse(name, rows, argv, env);
  if (!("values" in read)) return read;
  const { queue } = read.values as { readonly queue?: string };
  if (queue === undefined)
    return {
      refusal: `bulkget: --queue is missing: the address of a Redis, such as redis://host:6379 (bulkget ${name} --help)\n`,
    };
  return { ...read, queue };
}
