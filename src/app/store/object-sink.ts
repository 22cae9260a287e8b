// Opens the sink that puts bodies into an object store.

import type { ObjectStore } from "../../core/object-store.ts";
import type { Sink } from "../../core/ports.ts";
import { freeSpaceCheck } from "../../sink/files/free-space.ts";
import { partialFiles } from "../../sink/files/partial-files.ts";
import { fileNames } from "../../sink/names/file-names.ts";
import { objectSink } from "../../sink/object/object.ts";

export interface ObjectSinkPlan {
  readonly folder: string;
  readonly state: string;
  readonly store: ObjectStore;
  readonly name: string;
  /** What the names of all objects begin with. */
  readonly within: string;
  readonly perDir: number | undefined;
  readonly maxNameBytes: number;
  readonly hash: boolean;
  readonly minFree: number;
}

export function openObjects({
  folder,
  state,
  store,
  name,
  within,
  perDir,
  maxNameBytes,
  hash,
  minFree,
}: ObjectSinkPlan): Sink {
  return objectSink({
    ...{ folder, store, within, maxNameBytes, hash },
    names: fileNames(name, perDir),
    parts: partialFiles(state),
    checkSpace: freeSpaceCheck(folder, minFree),
  });
}
