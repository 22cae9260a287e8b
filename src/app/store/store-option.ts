// The output in an object store: `s3://bucket/prefix` as the output folder, and the local folder of its state.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FolderError, OptionError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { STATE_FOLDER, STATE_LAYOUT } from "../../core/layout.ts";
import { isStoreAddress, storeAddress } from "../../store/address.ts";
import type { OutputOptions, ResolvedOutputOptions } from "../output/output-options.ts";

/** Where the records and incomplete bodies of a run into a store are, without --state. */
export const DEFAULT_STATE = ".bulkget";

/** What does not go with a store, and why. */
const WITHOUT = {
  saveHeaders: "is for files: objects have no heads beside them",
  remoteTime: "is for files: objects have the time at which they were put",
  update: "does not go with an object store: run a changed list into another prefix",
  prune: "does not go with an object store: nothing is removed there but by starting over",
} as const;

/** An output folder, or an address of a store and the folder of its state. */
interface Given extends OutputOptions {
  readonly workers?: number | "auto" | undefined;
}

/** Returns the options with the state folder as `outputDir`, where that was an address. Throws an OptionError. */
export function withStore<T extends Given>(options: T): T & Pick<ResolvedOutputOptions, "store"> {
  const { outputDir, state, workers } = options;
  if (outputDir === undefined || !isStoreAddress(outputDir)) {
    if (state === undefined) return options;
    throw new OptionError(
      ({ option }) => `is for object stores (${option("outputDir")} s3://bucket/prefix): a folder has its state in it`,
      "state",
    );
  }
  for (const [name, why] of Object.entries(WITHOUT))
    if (options[name as keyof typeof WITHOUT] === true) throw new OptionError(why, name);
  if (options.format === "warc" && options.dedupe === true) {
    const why = "whose bodies are compared with those in archives that may be in the store already";
    throw new OptionError(({ option }) => `does not go with ${option("format")} warc into a store, ${why}`, "dedupe");
  }
  if (typeof workers === "number" && workers > 1)
    throw new OptionError(`${workers} does not go with an object store, which one process writes to`, "workers");
  return { ...options, workers: 1, outputDir: state ?? DEFAULT_STATE, store: storeAddress(outputDir) };
}

/** The file that remembers the address of a run's store: in the folder of states, where no body and no file of a user is. */
export function storeFileIn(folder: string): string {
  return join(folder, STATE_FOLDER, STATE_LAYOUT.store);
}

/** Throws a FolderError for a folder that has the state of a run into a store, and no bodies. */
export function refuseStateOfStore(folder: string): void {
  const other = rememberedAddress(folder);
  if (other === undefined) return;
  const waysIn = (words: Wording) =>
    `go on with ${words.option("outputDir")} ${other} ${words.option("state")} ${folder}, or ${useAnotherFolder(words)}`;
  throw new FolderError("usage", (words) => `${folder}: holds the state of a run into ${other}: ${waysIn(words)}`);
}

/** The address that a state folder remembers; undefined where it is no folder of a store's state. Throws a FolderError. */
export function rememberedAddress(folder: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(storeFileIn(folder), "utf8");
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EISDIR" || code === "ELOOP") throw notAnAddress(folder);
    throw new FolderError("disk", `${storeFileIn(folder)}: cannot be read: ${message}`, { cause: error });
  }
  try {
    const { output } = Object(JSON.parse(text)) as { readonly output?: unknown };
    if (typeof output === "string") return output;
  } catch {
    // It was edited.
  }
  throw notAnAddress(folder);
}

function notAnAddress(folder: string): FolderError {
  return new FolderError(
    "usage",
    `${storeFileIn(folder)}: is not the address of a store that a run has written: move it away`,
  );
}
