// The division of a list under a prefix: an object that the first shard puts there, and that each later run compares with its own.

import { FolderError, type Wording } from "../../core/errors.ts";
import {
  type Division,
  divisionText,
  parseDivision,
  rightShard,
  type ShardOfList,
} from "../../sink/folder/shards-file.ts";
import { isProblem } from "../../store/problem.ts";
import type { Store } from "../../store/store.ts";
import { refuse } from "./refuse-problem.ts";

/** The object's name under the prefix. No body has it: what is in `.bulkget/` of a list's names is renamed. */
const MARKER = ".bulkget/shards";

/** An object of the marker's name that is longer, in bytes, is no run's. */
const MAX_BYTES = 4096;

/** Throws a FolderError where the runs under the prefix are of shards. */
export async function refuseShards(store: Store): Promise<void> {
  const division = await divisionAt(store);
  if (division !== undefined) throw otherDivision(store, division);
}

/**
 * Claims the prefix for a shard of this division. `foreign`: an object under the prefix, where the shard has no records of its own
 * and may not write among objects of others. It was looked for before: each shard puts the division before its first body. Throws
 * a FolderError where the division is another one, and where there is none but an object.
 */
export async function claimPrefix(store: Store, shard: ShardOfList, foreign: string | undefined): Promise<void> {
  const known = await divisionAt(store);
  if (known === undefined) {
    if (foreign !== undefined) {
      const what = `${store.address.shown}: has objects, such as ${foreign.slice(0, 200)}, and no run of shards`;
      throw new FolderError("usage", (words) => `${what}: ${waysOut(words)} to write among them`);
    }
    const put = await store.bucket.putIfAbsent(store.keyOf(MARKER), Buffer.from(divisionText(shard)));
    if (isProblem(put)) return refuse(put, store);
    if (put !== "lost") return;
  }
  const division = known ?? (await divisionAt(store));
  if (division?.count !== shard.count || division.by !== shard.by) throw otherDivision(store, division, shard);
}

function waysOut({ option }: Wording): string {
  return `use another prefix, or ${option("force")}`;
}

/** The division under the prefix; undefined without one. Throws a FolderError. */
export async function divisionAt(store: Store): Promise<Division | undefined> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  const isThere = await store.bucket.read(
    store.keyOf(MARKER),
    (piece) => {
      bytes += piece.length;
      if (bytes <= MAX_BYTES) pieces.push(Buffer.from(piece));
    },
    () => {
      [pieces, bytes] = [[], 0];
    },
  );
  if (isProblem(isThere)) refuse(isThere, store);
  if (isThere !== true) return undefined;
  const division = bytes <= MAX_BYTES ? parseDivision(Buffer.concat(pieces).toString()) : undefined;
  if (division !== undefined) return division;
  throw new FolderError(
    "usage",
    `${store.address.shown}: ${store.keyOf(MARKER)} is not what a run has put: use another prefix`,
  );
}

function otherDivision({ address }: Store, division: Division | undefined, shard?: ShardOfList): FolderError {
  if (division === undefined)
    return new FolderError("usage", `${address.shown}: another run has just removed its shards`);
  const { count, by } = division;
  return new FolderError(
    "usage",
    (words) =>
      `${address.shown}: its runs are of ${count} shards by ${by}: ${rightShard(division, shard)(words)}, or use another prefix`,
  );
}
