// The commands that the summary ends with: the one that goes on with the list, and the one that tries failures again.

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { layoutFor } from "../app/list-shard.ts";
import { HIDDEN } from "../core/url/userinfo.ts";
import { ownPaths } from "../fs/own-paths.ts";
import { type NextSteps, SAME_LIST } from "../report/next-steps.ts";
import type { CommandLine } from "./command-line/command-line.ts";
import type { Input } from "./command-line/input.ts";
import { shownCommand } from "./command-line/shown-command.ts";

/** Stands for a command that cannot be shown, since it has secrets. */
const SAME_COMMAND = "run the same command";

/** `argv`: the words of the command line. `lost`: the names of the files that cannot be written any more, at the end. */
export function nextStepsOf(
  argv: readonly string[],
  line: CommandLine,
  input: Input,
  lost: ReadonlySet<string>,
): NextSteps {
  const { outputDir, store, lists, listUrl } = line;
  const layout = layoutFor(line);
  const { failedList: failures, journal: records } = ownPaths(outputDir, layout);
  const output = store === undefined ? ["-o", outputDir] : ["-o", store.shown, "--state", outputDir];
  // --force would delete what this run has saved.
  const words = argv.filter((word) => word !== "--force");
  const canReadAgain = input.isRereadable || listUrl !== undefined;
  const same = shown(words);
  const isLost = (path: string) => lost.has(basename(path));
  return {
    files: (hasFailed) => ({
      failures: !isLost(failures) && (hasFailed || existsSync(failures)) ? failures : undefined,
      records: existsSync(records) ? records : undefined,
      lacksRecords: isLost(records),
    }),
    goOn: canReadAgain ? same : undefined,
    get tryAgain() {
      if (canReadAgain) return same;
      return isLost(failures) ? SAME_LIST : withList(failures);
    },
  };

  /** The command with failed.txt in the place of a list that cannot be read again. */
  function withList(path: string): string {
    const [list = "", ...others] = lists;
    const isClear = others.length === 0 && words.filter((word) => word === list).length === 1;
    return shown(isClear ? words.map((word) => (word === list ? path : word)) : [path, ...output, ...shardWords(line)]);
  }
}

function shardWords({ shard, shardBy }: CommandLine): readonly string[] {
  if (shard === undefined) return [];
  return ["--shard", shard, ...(shardBy === "line" ? [] : ["--shard-by", shardBy])];
}

function shown(words: readonly string[]): string {
  const command = shownCommand(words);
  return command.includes(HIDDEN) ? SAME_COMMAND : command;
}
