// A run's output in an object store: checks the store before the run, and keeps a copy of the records there.

import { closeSync, existsSync, renameSync, unlinkSync } from "node:fs";
import { FolderError, type Wording } from "../../core/errors.ts";
import type { Layout } from "../../core/layout.ts";
import type { Sink, Source } from "../../core/ports.ts";
import { createNew } from "../../fs/open-nofollow.ts";
import type { OwnPaths } from "../../fs/own-paths.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import type { History } from "../../journal/history.ts";
import type { RemoteBodies } from "../../journal/verifying/remote-bodies.ts";
import { remainingForShards } from "../../resume/resume-shards.ts";
import type { ShardOfList } from "../../sink/folder/shards-file.ts";
import { recordedNames } from "../../sink/folder/start-over.ts";
import { MAX_KEY_BYTES, type StoreAddress } from "../../store/address.ts";
import type { StoreProblem } from "../../store/problem.ts";
import { MAX_REQUESTS } from "../../store/requests.ts";
import { openStore } from "../../store/store.ts";
import { OUTPUT_DEFAULTS, type OutputOptions } from "../output/output-options.ts";
import type { ObjectSinkPlan } from "./object-sink.ts";
import { objectStore } from "./object-store.ts";
import { adviceOf, refuse } from "./refuse-problem.ts";
import { archiveSizes, checkAccess, unlinkIfThere } from "./store-access.ts";
import { storeCopies } from "./store-copies.ts";
import { rememberedAddress, storeFileIn } from "./store-option.ts";

export interface StoreOutput {
  /** How the sink of objects is opened. */
  plan(options: OutputOptions): ObjectSinkPlan;
  /** What is known of bodies without looking for files. */
  readonly remote: RemoteBodies;
  /** The lines of a list that are left to do. */
  resumed(history: History): Resumed;
  /** Removes the objects that the journal names: --force. Throws a FolderError. */
  removeRecorded(): Promise<void>;
  /** When the folder is locked: aborts what a killed run left, and remembers the address. Throws a FolderError. */
  begin(): Promise<void>;
  /** Fails bodies from when an archive could not be uploaded. */
  guarded(sink: Sink): Sink;
  /** Uploads what is left, and the records. Call it when all files are complete. Throws a FolderError. */
  end(): Promise<void>;
  /** Ends all requests. `isVain`: nothing was recorded. */
  close(isVain: boolean): void;
}

interface Resumed {
  remaining(source: Source, again: (() => Source) | undefined, retryFailed: boolean): Promise<Source>;
}

export interface StoreOutputContext {
  readonly paths: OwnPaths;
  readonly layout: Layout;
  readonly shard: ShardOfList | undefined;
  /** Bodies are in archives. */
  readonly isArchive: boolean;
  readonly isForced: boolean;
  /** The attempt at a chunk of a fleet that the run is: the prefix is the fleet's, and has other objects. */
  readonly attempt: string | undefined;
  readonly note: (text: string) => void;
  /** Milliseconds between two copies of the records. Default: a minute. */
  readonly copyEveryMs?: number;
}

/** Opens the store before the folder is. Throws a FolderError. */
export async function openStoreOutput(
  address: StoreAddress,
  { paths, layout, shard, isArchive, isForced, attempt, note, copyEveryMs }: StoreOutputContext,
): Promise<StoreOutput> {
  const { folder, journal } = paths;
  const storeFile = storeFileIn(folder);
  refuseOtherState(folder, existsSync(journal), address);
  const store = openStore(address, { env: process.env, state: paths.state });
  if ("problem" in store) throw new FolderError("usage", `${address.shown}: ${store.problem}`);
  try {
    if (store.endpoint.isExposed)
      note(`${address.shown}: its endpoint is http: what is sent there can be read on the way`);
    if (attempt === undefined) await checkAccess(store, journal, { isForced, shard, note });
    const isChecked = isArchive && attempt === undefined && existsSync(journal);
    const sizes = isChecked ? await archiveSizes(store) : undefined;
    const hasRecords = attempt === undefined;
    // The folder of an attempt may also have archives of one that was given back.
    const infix = attempt === undefined ? layout.infix : undefined;
    const copies = storeCopies(store, paths, { note, infix, hasRecords, everyMs: copyEveryMs });
    return {
      plan: ({ name, perDir, hash, minFree }) => ({
        ...{ folder, state: paths.state, store: objectStore(store), perDir, hash: hash !== undefined },
        name: name ?? OUTPUT_DEFAULTS.name,
        within: attempt === undefined ? "" : `${attempt}/`,
        minFree: minFree ?? OUTPUT_DEFAULTS.minFree,
        maxNameBytes: MAX_KEY_BYTES - Buffer.byteLength(address.prefix),
      }),
      resumed: (history) => ({
        remaining(source, again, retryFailed) {
          const how = { history, update: false, retryFailed, note, whyFixed: "objects in a store cannot be renamed" };
          return remainingForShards(source, again, { folder: address.shown, journalName: layout.journal, ...how });
        },
      }),
      // An attempt that was given back has uploaded all archives that it has recorded.
      remote: { shardBytes: (shard) => (attempt === undefined ? sizes?.get(shard) : Number.MAX_SAFE_INTEGER) },
      async removeRecorded() {
        // Its copy first: restored by a later run, it would name objects that are gone.
        refuse(await store.bucket.remove(store.keyOf(layout.journal)), store);
        let batch: Promise<StoreProblem | undefined>[] = [];
        for await (const name of recordedNames(journal)) {
          if (batch.push(store.bucket.remove(store.keyOf(name))) < MAX_REQUESTS) continue;
          for (const problem of await Promise.all(batch)) refuse(problem, store);
          batch = [];
        }
        for (const problem of await Promise.all(batch)) refuse(problem, store);
      },
      async begin() {
        refuse(await store.abortLeftUploads(), store);
        if (rememberedAddress(folder) === undefined)
          writeNew(storeFile, `${JSON.stringify({ output: address.shown })}\n`);
        copies.begin();
      },
      guarded: (sink) => copies.guarded(sink),
      async end() {
        const problem = await copies.end();
        if (problem !== undefined)
          throw new FolderError(
            "disk",
            `${address.shown}: ${problem.problem}${adviceOf(problem)}; run it again to go on`,
          );
      },
      close(isVain) {
        copies.stop();
        store.close();
        if (isVain && !layout.isShared && !existsSync(journal) && existsSync(storeFile)) unlinkSync(storeFile);
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Throws a FolderError for a folder with the state of another output. */
function refuseOtherState(folder: string, hasJournal: boolean, { shown }: StoreAddress): void {
  const known = rememberedAddress(folder);
  if (known === shown || (known === undefined && !hasJournal)) return;
  const what = known === undefined ? "holds a run into that folder itself" : `holds the state of a run into ${known}`;
  throw new FolderError(
    "usage",
    ({ option }: Wording) => `${folder}: ${what}: name another folder for the state of ${shown} (${option("state")})`,
  );
}

/** Writes a file that is whole or not there, also after a kill. */
function writeNew(path: string, text: string): void {
  const next = `${path}.next`;
  unlinkIfThere(next);
  const fd = createNew(next);
  try {
    writeAllSync(fd, [Buffer.from(text)]);
  } finally {
    closeSync(fd);
  }
  renameSync(next, path);
}
