// Bodies that are not in the folder of their journal: nothing is looked for there.

import type { FileVerifier } from "./verify-files.ts";

/** Bodies in an object store: what the journal says of their objects is believed. */
export interface RemoteBodies {
  /** The length of an archive in the store, in bytes; undefined where there is none. */
  shardBytes(shard: string): number | undefined;
}

/** The verifier of bodies that are not in the folder. */
export const BELIEVED: FileVerifier = { queue() {}, check: () => true, finish() {} };
