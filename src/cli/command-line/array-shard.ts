// Replaces `--shard auto` by the shard that this task of an array job is.

import { OptionError } from "../../core/errors.ts";
import { MAX_SHARDS, shardText } from "../../core/list-shard.ts";
import type { CommandLine } from "./command-line.ts";
import type { Env } from "./variables.ts";

const AUTO = /^auto(?:\/(\d+))?$/;

export interface Sharded {
  readonly line: CommandLine;
  /** The words of the command line, which are shown as the command that goes on elsewhere. */
  readonly argv: readonly string[];
}

/**
 * Returns line and words with a shard such as "3/16" instead of "auto" or "auto/16", and prints where it is from. Throws an
 * OptionError if the scheduler's variables tell no shard.
 */
export async function withArrayShard(given: Sharded, env: Env, note: (text: string) => void): Promise<Sharded> {
  const [typed, count] = AUTO.exec(given.line.shard ?? "") ?? [];
  if (typed === undefined) return given;
  // Loaded only when it is used.
  const { arrayShard } = await import("./array-job.ts");
  const found = arrayShard(env, count === undefined ? undefined : Number(count));
  if ("problem" in found) throw new OptionError(`--shard ${typed}: ${found.problem}`);
  if (found.count > MAX_SHARDS)
    throw new OptionError(`--shard ${typed}: ${found.source} has ${found.count} tasks, more than ${MAX_SHARDS} shards`);
  const shard = shardText(found);
  note(`shard ${shard}, of the ${found.source} task`);
  const argv = given.argv.map((word, i) => {
    if (given.argv[i - 1] === "--shard") return shard;
    return word.startsWith("--shard=") ? `--shard=${shard}` : word;
  });
  return { line: { ...given.line, shard }, argv };
}
