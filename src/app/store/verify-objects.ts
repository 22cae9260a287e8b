// `bulkget report --verify`: compares the objects under a prefix with the records of the run that put them there.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FolderError } from "../../core/errors.ts";
import type { Outcome } from "../../core/job.ts";
import { indexNameOf, LAYOUT, STATE_FOLDER, STATE_LAYOUT, shardOfJournal } from "../../core/layout.ts";
import { writeDivision } from "../../sink/folder/shards-file.ts";
import { storeAddress } from "../../store/address.ts";
import { MAX_REQUESTS } from "../../store/requests.ts";
import { openStore, type Store } from "../../store/store.ts";
import { chunkOfKey, RESULTS } from "../fleet/plan.ts";
import { refuse } from "./refuse-problem.ts";
import { fetched } from "./store-access.ts";
import { divisionAt } from "./store-division.ts";
import { rememberedAddress, storeFileIn } from "./store-option.ts";
import { asTemporaryError, temporaryFolder } from "./temporary-folder.ts";

export interface Verified {
  /** The address, as it is shown. */
  readonly shown: string;
  /** Number of objects that the records name. */
  readonly objects: number;
  /** What is not as it was recorded, in the order of the records. */
  readonly wrong: readonly WrongObject[];
}

export interface WrongObject {
  readonly name: string;
  /** The first line whose body it has. */
  readonly n: number;
  /** What the records say, in bytes; of an archive and its index, at least. */
  readonly recordedBytes: number;
  /** The length of the object; undefined where there is none. */
  readonly bytes: number | undefined;
}

type EachRecord = (onRecord: (record: Outcome, bytes: number) => void) => void;

/**
 * Needs some 200 bytes of memory per object. `folder`: the state folder of the run. Throws a FolderError.
 */
export async function verifyObjects(folder: string, eachRecord: EachRecord): Promise<Verified> {
  const address = rememberedAddress(folder);
  if (address === undefined) {
    const why =
      "is not the state folder of a run into an object store: the files of other runs are verified by running again";
    throw new FolderError("usage", `${folder}: ${why}`);
  }
  const wanted = new Map<string, { readonly n: number; bytes: number; readonly isLeast: boolean }>();
  const want = (name: string, n: number, bytes: number, isLeast: boolean) => {
    const known = wanted.get(name);
    if (known === undefined) wanted.set(name, { n, bytes, isLeast });
    else known.bytes = isLeast ? Math.max(known.bytes, bytes) : bytes;
  };
  eachRecord((record) => {
    if (record.outcome !== "saved" && record.outcome !== "unchanged") return;
    const { n, file, shard, offset = 0, stored_bytes: stored = 0, bytes } = record;
    if (shard === undefined) {
      if (file !== undefined) want(file, n, bytes, false);
      return;
    }
    want(shard, n, offset + stored, true);
    const index = indexNameOf(shard);
    if (index !== undefined) want(index, n, 1, true);
  });
  const objects = wanted.size;
  const found = new Map<string, number>();
  await withStore(address, folder, async (store) => {
    const { prefix } = store.address;
    const problem = await store.bucket.list(prefix, ({ key, bytes }) => {
      const name = key.slice(prefix.length);
      const recorded = wanted.get(name);
      if (recorded === undefined) return true;
      if (recorded.isLeast ? bytes >= recorded.bytes : bytes === recorded.bytes) wanted.delete(name);
      else found.set(name, bytes);
      return true;
    });
    refuse(problem, store);
  });
  const wrong = [...wanted].map(([name, { n, bytes }]) => ({ name, n, recordedBytes: bytes, bytes: found.get(name) }));
  return { shown: storeAddress(address).shown, objects, wrong };
}

export interface FetchedRecords {
  readonly folder: string;
  remove(): void;
}

/** Fetches the copy of the records at an address into a temporary folder. Throws a FolderError or an OptionError. */
export async function fetchRecords(output: string): Promise<FetchedRecords> {
  const { path: folder, remove } = temporaryFolder();
  try {
    await withStore(output, folder, async (store) => {
      const { shown } = store.address;
      mkdirSync(join(folder, STATE_FOLDER));
      const isFetched =
        (await fetched(store, join(folder, LAYOUT.journal))) ||
        (await fetchShards(store, folder)) ||
        (await fetchFleet(store, folder));
      if (!isFetched) throw new FolderError("usage", `${shown}: has no ${LAYOUT.journal} of a run`);
      writeFileSync(storeFileIn(folder), JSON.stringify({ output: shown }));
    });
    return { folder, remove };
  } catch (error) {
    remove();
    throw asTemporaryError(error);
  }
}

/** What the names of all journals begin with. */
const JOURNALS = "results.";

/** Fetches the records of all shards; false where no shard has put any. */
async function fetchShards(store: Store, folder: string): Promise<boolean> {
  const division = await divisionAt(store);
  if (division === undefined) return false;
  writeDivision(folder, division);
  const names: string[] = [];
  const problem = await store.bucket.list(store.keyOf(JOURNALS), ({ key }) => {
    const name = key.slice(store.address.prefix.length);
    const shard = shardOfJournal(name);
    if (typeof shard === "object" && shard.count === division.count) names.push(name);
    return true;
  });
  refuse(problem, store);
  for (const name of names) await fetched(store, join(folder, name));
  return names.length > 0;
}

/** Fetches the results of all chunks of a fleet; false where no fleet has put any. */
async function fetchFleet(store: Store, folder: string): Promise<boolean> {
  const record = `${STATE_FOLDER}/${STATE_LAYOUT.fleet}`;
  if (!(await fetched(store, join(folder, record), record))) return false;
  const names: string[] = [];
  const problem = await store.bucket.list(store.keyOf(`${RESULTS}/`), ({ key }) => {
    const name = key.slice(store.address.prefix.length);
    if (chunkOfKey(name) !== undefined) names.push(name);
    return true;
  });
  refuse(problem, store);
  mkdirSync(join(folder, RESULTS));
  for (let i = 0; i < names.length; i += MAX_REQUESTS)
    await Promise.all(names.slice(i, i + MAX_REQUESTS).map((name) => fetched(store, join(folder, name), name)));
  return true;
}

/** Opens a store to read from it. Throws a FolderError or an OptionError. */
export function openedStore(output: string, state: string): Store {
  const address = storeAddress(output);
  const store = openStore(address, { env: process.env, state });
  if ("problem" in store) throw new FolderError("usage", `${address.shown}: ${store.problem}`);
  return store;
}

async function withStore(output: string, state: string, use: (store: Store) => Promise<void>): Promise<void> {
  const store = openedStore(output, state);
  try {
    await use(store);
  } finally {
    store.close();
  }
}
