// The removed lines of a run that shares its folder: there are none, and a list whose lines have moved is refused.

import { FolderError, useAnotherFolder, type Wording } from "../core/errors.ts";
import type { RemovedLines } from "./removed-lines.ts";

export interface NoRemovedLinesOptions {
  readonly folder: string;
  /** The journal's name, for messages. */
  readonly journalName: string;
}

/** `moveIn` throws a FolderError: the file of a line would have to leave the place that its number or its name is for. */
export function noRemovedLines({ folder, journalName }: NoRemovedLinesOptions): RemovedLines {
  return {
    files: 0,
    recorded: 0,
    moveIn({ n }) {
      const why = `${folder}: line ${n} of the list is not what ${journalName} has for it, and shards move no files`;
      const waysIn = (words: Wording) =>
        `add lines at the end only; or ${useAnotherFolder(words)}; or ${words.option("force")} to start this shard over`;
      throw new FolderError("usage", (words) => `${why}: ${waysIn(words)}`, { code: "ERR_BULKGET_OTHER_LIST" });
    },
    addFailure() {},
    find: () => undefined,
    findFailure: () => undefined,
    remove() {},
    reserve: () => false,
    releaseReserved() {},
    prune: () => 0,
    async close() {},
  };
}
