// The paths of a run's own files in an output folder, by the layout of the run.

import { join } from "node:path";
import type { Layout } from "../core/layout.ts";

export interface OwnPaths {
  /** The output folder. */
  readonly folder: string;
  readonly journal: string;
  readonly foreignLines: string;
  readonly failedList: string;
  readonly runs: string;
  /** The folder of the lock and of incomplete bodies. */
  readonly state: string;
  /** A journal that is being rewritten. */
  readonly journalPart: string;
  /** A list of failures that is being written. */
  readonly failedListPart: string;
}

export function ownPaths(folder: string, { journal, foreignLines, failedList, runs, state }: Layout): OwnPaths {
  return {
    folder,
    journal: join(folder, journal),
    foreignLines: join(folder, foreignLines),
    failedList: join(folder, failedList),
    runs: join(folder, runs),
    state: join(folder, state),
    journalPart: partOf(folder, state, journal),
    failedListPart: partOf(folder, state, failedList),
  };
}

/** A file that replaces `name` has its final name in the state folder; where that is its place already, an ending. */
function partOf(folder: string, state: string, name: string): string {
  const part = join(folder, state, name.slice(name.lastIndexOf("/") + 1));
  return part === join(folder, name) ? `${part}.new` : part;
}
