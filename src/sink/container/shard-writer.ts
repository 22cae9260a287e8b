// Appends groups of bytes to shards, in order: gathers small groups into few writes, copies large files, begins the next shard.

import { close, ftruncate, open, type PathLike, rename } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { Deferred, type Thenable } from "../../core/structures/deferred.ts";
import { CREATE_FLAGS, NEW_FILE_MODE } from "../../fs/open-nofollow.ts";
import { readAt, writeAt, writePiecesAt, writePiecesAtSync } from "../../fs/positioned-io.ts";
import { syncFile, syncFolder } from "../../fs/sync.ts";
import type { DiskLatency } from "../files/disk-latency.ts";
import { composed, type Group, type LargeGroup, lengthOf, type Place } from "./group.ts";
import type { ShardNames } from "./shard-names.ts";

const opened = promisify(open) as (path: PathLike, flags: number, mode: number) => Promise<number>;
const closed = promisify(close);
const renamed = promisify(rename);
const truncated = promisify(ftruncate);

export interface ShardWriterOptions {
  readonly names: ShardNames;
  /** A shard ends before it is longer; a longer group has a shard of its own. */
  readonly maxBytes: number;
  /** Maximum number of groups in a shard. */
  readonly maxGroups: number;
  /** The first bytes of a shard, before its first group. Default: none. */
  readonly begin?: ((shard: string) => Uint8Array) | undefined;
  /** Sync each write, and the name of each shard, before its groups count as written. */
  readonly isSynced: boolean;
  /** Decides whether small groups are written in the main thread: on a fast disk, the thread pool costs more than the write. */
  readonly disk: DiskLatency;
}

export interface ShardWriter {
  /**
   * Appends a group. Resolves when its bytes are in the file; rejects with the errno error, and then no byte of it counts.
   * `isAwaited`: its record takes promises. Default: that of a file does.
   */
  append(group: Group, isAwaited?: boolean): Thenable<Place>;
  /** Rejects what waits, at once. */
  abort(reason: Error): void;
  /** Whether something is being written. */
  isBusy(): boolean;
  /** Resolves when nothing is being written any more. */
  idle(): Promise<void>;
  /** Ends the open shard, where nothing is in flight. */
  close(): void;
}

/** What is composed for one write: larger writes gain nothing. */
const BATCH_BYTES = 262_144;

/**
 * Writes of this length, in bytes, take the main thread as long in the thread pool as by itself, 30 µs on a disk in memory; longer
 * ones take it half as long there, or less.
 */
const MIN_POOL_BYTES = 65_536;

/** What is written at once, with pieces that need not be composed: the main thread writes for about two milliseconds. */
const WRITE_BYTES = 4_194_304;

/** The unit in which large files are copied. */
const COPY_BYTES = 1_048_576;

interface Waiting {
  readonly group: Group;
  readonly bytes: number;
  readonly isAwaited: boolean;
  readonly coming: Deferred<Place>;
}

interface Shard {
  readonly name: string;
  readonly fd: number;
  /** Length of what is in the file and counts. */
  bytes: number;
  groups: number;
}

export function shardWriter(options: ShardWriterOptions): ShardWriter {
  const { names, maxBytes, maxGroups, begin, isSynced, disk } = options;
  const queue: Waiting[] = [];
  let shard: Shard | undefined;
  let isRunning = false;
  let reason: Error | undefined;
  let onIdle: (() => void)[] = [];
  const batch = Buffer.allocUnsafe(BATCH_BYTES);
  /** Allocated by the first large file: of memory that is new for each, the half of its time would be garbage collection. */
  let copied: Buffer | undefined;

  return {
    append(group, isAwaited = "file" in group) {
      const coming = new Deferred<Place>();
      if (reason !== undefined) {
        coming.reject(reason);
        return coming;
      }
      queue.push({ group, bytes: lengthOf(group), isAwaited, coming });
      if (!isRunning) {
        isRunning = true;
        setImmediate(() => void run()); // what else arrives in this turn goes into the same write
      }
      return coming;
    },
    abort(why) {
      reason = why;
      for (const { coming } of queue.splice(0)) coming.reject(why);
    },
    isBusy: () => isRunning,
    idle: () => (isRunning ? new Promise((resolve) => void onIdle.push(resolve)) : Promise.resolve()),
    close() {
      if (shard !== undefined) close(shard.fd, () => {});
      shard = undefined;
    },
  };

  /** Writes what waits, group by group in their order, until nothing does. */
  async function run(): Promise<void> {
    for (let [first] = queue; first !== undefined; [first] = queue) {
      const { group } = first;
      const taken = queue.splice(0, "file" in group ? 1 : gathered());
      try {
        const to = await shardFor(taken);
        const from = to.bytes;
        const places = "file" in group ? [await copy(to, group)] : await writeBatch(to, taken);
        if (isSynced) await syncFile(to.fd);
        to.bytes = from + places.reduce((sum, { bytes }) => sum + bytes, 0);
        to.groups += taken.length;
        for (const [i, place] of places.entries()) taken[i]?.coming.resolve(place);
        // Groups behind one that is awaited must not be recorded first: a later run cuts a shard after its last record.
        if (taken.at(-1)?.isAwaited) await new Promise((resolve) => setImmediate(resolve));
      } catch (error) {
        // What was written of them is overwritten by the next group, or cut off when the shard is sealed.
        for (const { coming } of taken) coming.reject(error);
      }
    }
    isRunning = false;
    const waiting = onIdle;
    onIdle = [];
    for (const resolve of waiting) resolve();
  }

  /** How many of those that wait go into one write: no large ones, as far as buffer and shard have room. At least one. */
  function gathered(): number {
    let bytes = 0;
    let composedBytes = 0;
    let count = 0;
    const room = Math.min(WRITE_BYTES, shard === undefined ? maxBytes : maxBytes - shard.bytes);
    const groups = shard === undefined ? 0 : shard.groups;
    let isAwaitedLast = false;
    for (const { group, bytes: own, isAwaited } of queue) {
      if ("write" in group) composedBytes += own;
      bytes += own;
      const hasRoom = bytes <= room && composedBytes <= BATCH_BYTES && groups + count < maxGroups;
      if (count > 0 && ("file" in group || !hasRoom || (isAwaitedLast && !isAwaited))) break;
      isAwaitedLast = isAwaited;
      count++;
    }
    return count;
  }

  /** The shard for these groups: the open one, or the next where that has no room. */
  async function shardFor(taken: readonly Waiting[]): Promise<Shard> {
    const bytes = taken.reduce((sum, one) => sum + one.bytes, 0);
    const isFull =
      shard !== undefined && shard.groups > 0 && (shard.bytes + bytes > maxBytes || shard.groups >= maxGroups);
    if (isFull) await endShard();
    shard ??= await beginShard();
    return shard;
  }

  async function beginShard(): Promise<Shard> {
    for (;;) {
      const name = names.next();
      let fd: number;
      try {
        fd = await opened(names.partOf(name), CREATE_FLAGS, NEW_FILE_MODE);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        continue; // another process has this number
      }
      if (names.isTaken(name)) {
        await closed(fd);
        names.drop(name);
        continue;
      }
      if (isSynced) await syncFolder(dirname(names.partOf(name)));
      return { name, fd, bytes: await writeBeginning(name, fd), groups: 0 };
    }
  }

  /** Returns the length of what was written. */
  async function writeBeginning(name: string, fd: number): Promise<number> {
    if (begin === undefined) return 0;
    try {
      return await writeAt(fd, begin(name), 0);
    } catch (error) {
      await closed(fd);
      names.drop(name);
      throw error;
    }
  }

  async function endShard(): Promise<void> {
    if (shard === undefined) return;
    const { name, fd, bytes } = shard;
    shard = undefined;
    await truncated(fd, bytes); // without what a failed write left
    await closed(fd);
    await renamed(names.partOf(name), names.endedOf(name));
  }

  async function writeBatch(to: Shard, taken: readonly Waiting[]): Promise<readonly Place[]> {
    let at = 0;
    const places = taken.map(({ bytes }) => {
      at += bytes;
      return { shard: to.name, offset: to.bytes + at - bytes, bytes };
    });
    const pieces = composed(taken, batch);
    const beganMs = performance.now();
    if (at < MIN_POOL_BYTES && disk.isFast(beganMs)) {
      writePiecesAtSync(to.fd, pieces, to.bytes);
      const endedMs = performance.now();
      disk.record(endedMs - beganMs, at, endedMs);
    } else await writePiecesAt(to.fd, pieces, to.bytes);
    return places;
  }

  /** Appends a group whose body is a file. */
  async function copy(to: Shard, { before, file, after }: LargeGroup): Promise<Place> {
    const { encoder } = file;
    const offset = to.bytes;
    let at = offset + (await writeAt(to.fd, before, offset));
    copied ??= Buffer.allocUnsafe(COPY_BYTES);
    for (let from = 0; from < file.bytes; ) {
      if (reason !== undefined) throw reason;
      const length = await readAt(file.fd, copied.subarray(0, file.bytes - from), from);
      if (length === 0) throw Object.assign(new Error("a body is shorter than it was"), { code: "EIO" });
      from += length;
      const piece = copied.subarray(0, length);
      at += await writePiecesAt(to.fd, encoder === undefined ? [piece] : await encoder.encode(piece), at);
    }
    if (encoder !== undefined) at += await writeAt(to.fd, encoder.end(), at);
    at += await writeAt(to.fd, after, at);
    const amendment = encoder?.amend?.();
    if (amendment !== undefined) await writeAt(to.fd, amendment.bytes, offset + amendment.at);
    return { shard: to.name, offset, bytes: at - offset };
  }
}
