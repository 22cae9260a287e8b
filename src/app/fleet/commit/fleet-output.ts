// Where the chunks of a fleet are committed: a folder that all machines reach, or an object store.

import type { StoreAddress } from "../../../store/address.ts";
import type { FleetRecord } from "../plan.ts";
import type { AttemptResults } from "./attempt-results.ts";

/** Each method rejects with a FolderError, or with a file-system error, where the output cannot be used. */
export interface FleetOutput {
  /** As it is shown. */
  readonly shown: string;
  /** For `enqueue`: creates what is needed, refuses what is others', and locks out another `enqueue` where that is possible. */
  claim(): Promise<{ readonly isEmpty: boolean; release(): Promise<void> }>;
  /** The record of the run; undefined where no fleet has written. */
  record(): Promise<FleetRecord | undefined>;
  /** Writes it, whole or not at all; returns it as it is kept. */
  putRecord(record: FleetRecord): Promise<FleetRecord>;
  /** The chunks that have results. */
  committed(): Promise<ReadonlySet<number>>;
  isCommitted(chunk: number): Promise<boolean>;
  /** The results of a chunk, with the time at which they came, in milliseconds since 1970, where that is known. */
  results(chunk: number): Promise<{ readonly results: AttemptResults; readonly atMs?: number } | undefined>;
  /** Makes the folder of a new attempt, on this machine or for all: with what is left of one that was given back. */
  begin(chunk: number, attempt: number): string;
  /** Leaves what is done of a chunk to the next attempt. */
  giveBack(chunk: number, path: string): Promise<void>;
  /** Removes an attempt that is not to be committed, with all that it has saved. */
  discard(path: string): Promise<void>;
  /** Commits a whole attempt; `results`: where they are known without its journal. Returns its results; undefined where another one was first: then nothing of this one is left. */
  commit(chunk: number, path: string, results?: AttemptResults): Promise<AttemptResults | undefined>;
  /** Finishes what a killed worker has left of a committed chunk. Returns its results; undefined where it is not committed. */
  settle(chunk: number): Promise<AttemptResults | undefined>;
  /** The same for all chunks: for `enqueue`. */
  settleAll(): Promise<void>;
  close(): void;
}

export interface FleetPlace {
  /** An absolute path, or the address as it is shown. */
  readonly folder: string;
  /** The store, where it is one. */
  readonly store: StoreAddress | undefined;
  /** The folder on this machine for the attempts at chunks of a run into a store. */
  readonly state: string;
  /** Sync names to the disk before a commit counts. */
  readonly isSynced: boolean;
  readonly note: (text: string) => void;
}
