// A folder that all machines reach, as the output of a fleet.

import { existsSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { FolderError, useAnotherFolder } from "../../../core/errors.ts";
import { LAYOUT, STATE_FOLDER } from "../../../core/layout.ts";
import { chunkName } from "../../../queue/chunk.ts";
import { lockFolder } from "../../../sink/folder/lock.ts";
import { asFolderError, refuseFileAsFolder } from "../../../sink/folder/output-folder.ts";
import { makeAttempt, prepareFleetFolder, RESULTS, readRecord, writeRecord } from "../plan.ts";
import { committedChunks } from "../results.ts";
import { readResults } from "./attempt-results.ts";
import { commit, committedPath, isCommitted, removeAttempt, settleChunk } from "./commit.ts";
import type { FleetOutput, FleetPlace } from "./fleet-output.ts";

export function folderOutput({ folder, isSynced, note }: FleetPlace): FleetOutput {
  const state = join(folder, STATE_FOLDER);
  let wasEmpty = false;
  const about = (chunk: number) => ({ folder, chunk, isSynced, wasEmpty, note });
  /** For `enqueue` and `watch`: an error that is none of ours would pass for a bug. */
  const inFolder = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asFolderError(error, folder);
    }
  };
  return {
    shown: folder,
    claim: () =>
      inFolder(async () => {
        refuseFileAsFolder(folder);
        if (statSync(join(folder, LAYOUT.journal), { throwIfNoEntry: false })?.isFile() === true)
          throw new FolderError(
            "usage",
            (words) => `${folder}: holds a run that is no fleet's (${LAYOUT.journal}): ${useAnotherFolder(words)}`,
          );
        const isEmpty = !existsSync(folder) || readdirSync(folder).length === 0;
        prepareFleetFolder(folder);
        const lock = await lockFolder(state, folder, STATE_FOLDER);
        return { isEmpty, release: () => lock.release() };
      }),
    async record() {
      const record = readRecord(folder);
      wasEmpty = record?.wasEmpty === true;
      return record;
    },
    putRecord: (record) =>
      inFolder(() => {
        writeRecord(folder, record);
        return record;
      }),
    committed: () => inFolder(() => (existsSync(join(folder, RESULTS)) ? committedChunks(folder) : new Set())),
    isCommitted: async (chunk) => isCommitted(folder, chunk),
    async results(chunk) {
      const path = committedPath(folder, chunk);
      return existsSync(path) ? { results: readResults(path), atMs: statSync(path).mtimeMs } : undefined;
    },
    begin: (chunk, attempt) => beginAttempt(state, chunk, (name) => makeAttempt(state, name, attempt)),
    giveBack: async (chunk, path) => {
      if (!isGivenBack(state, chunk, path)) removeAttempt(path);
    },
    discard: async (path) => removeAttempt(path),
    commit: (chunk, path, results) => commit(path, about(chunk), results),
    settle: (chunk) => settleChunk(about(chunk)),
    settleAll: () =>
      inFolder(async () => {
        const chunks = new Set<number>();
        for (const name of readdirSync(state)) {
          const [, n] = /^c(\d{6,12})-\d+$/.exec(name) ?? [];
          if (n !== undefined) chunks.add(Number(n));
        }
        for (const chunk of chunks) await settleChunk(about(chunk));
      }),
    close() {},
  };
}

/** Makes the folder of an attempt: that of an attempt that was given back, or an empty one. */
export function beginAttempt(state: string, chunk: number, make: (name: string) => string): string {
  const name = chunkName(chunk);
  const path = make(name);
  try {
    renameSync(join(state, name), path);
  } catch {
    // There is none, or another worker has it.
  }
  return path;
}

/** Renames the folder of an attempt to that of the next one; false where another attempt was given back before. */
export function isGivenBack(state: string, chunk: number, path: string): boolean {
  try {
    renameSync(path, join(state, chunkName(chunk)));
    return true;
  } catch {
    return false;
  }
}
