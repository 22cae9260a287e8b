// Finds the names of an attempt's files that are not theirs: other files have them, or are about to.

import { closeSync, existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FolderError } from "../../../core/errors.ts";
import { STATE_FOLDER } from "../../../core/layout.ts";
import { openToRead } from "../../../fs/open-nofollow.ts";
import { chunkName } from "../../../queue/chunk.ts";
import { hasSameContentAsync } from "../../../sink/files/same-content.ts";
import { RESULTS } from "../plan.ts";
import type { AttemptResults } from "./attempt-results.ts";
import { areNamesClaimed, claimName, isClaimedByOther } from "./name-claims.ts";

/** After this many files the event loop gets a turn, so that leases are renewed. */
export const FILES_PER_TURN = 200;

export interface TakenOptions {
  readonly folder: string;
  readonly chunk: number;
  readonly wasEmpty?: boolean;
}

/**
 * Names of an attempt's files that are not theirs: other files have them, with other content, or are about to, or results may. A
 * name of the list may be another line's number: the claim comes before the look at other attempts, and the body is in its attempt
 * before its commit looks at the claims. So one of both sees the other, or both do.
 */
export async function takenNames(
  attempt: string,
  { files, named }: AttemptResults,
  { folder, chunk, wasEmpty = false }: TakenOptions,
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  for (const file of files) if (file.startsWith(`${RESULTS}/`)) taken.add(file);
  for (const file of named) if (!claimName(folder, file, chunk)) taken.add(file);
  const ofList = new Set(named);
  const hasClaims = areNamesClaimed(folder);
  const others = named.length === 0 ? [] : attemptsOfOthers(folder, chunk);
  let checked = 0;
  for (const file of wasEmpty && !hasClaims ? named : files) {
    if (++checked % FILES_PER_TURN === 0) await new Promise(setImmediate);
    if (hasClaims && !ofList.has(file) && isClaimedByOther(folder, file, chunk)) taken.add(file);
    if (ofList.has(file) && /\d/.test(file) && others.some((path) => existsSync(`${path}/${file}`))) taken.add(file);
    const to = `${folder}/${file}`;
    if (lstatSync(to, { throwIfNoEntry: false }) === undefined) continue;
    if (!(await isSameContent(`${attempt}/${file}`, to))) taken.add(file);
  }
  return taken;
}

/** Attempts at other chunks. */
function attemptsOfOthers(folder: string, chunk: number): readonly string[] {
  const state = join(folder, STATE_FOLDER);
  const own = chunkName(chunk);
  return readdirSync(state)
    .filter((name) => /^c\d{6,12}(-\d+)?$/.test(name) && name !== own && !name.startsWith(`${own}-`))
    .map((name) => join(state, name));
}

/** No other attempt has archives of these names. Throws a FolderError for files of others, and the next attempt takes other names. */
export function refuseTakenArchives(archives: readonly string[], folder: string): void {
  const taken = archives.find((name) => existsSync(join(folder, name)));
  if (taken !== undefined)
    throw new FolderError("usage", `${join(folder, taken)}: is there already, and is not replaced`);
}

export async function isSameContent(one: string, other: string): Promise<boolean> {
  const [ours, theirs] = [lstatSync(one, { throwIfNoEntry: false }), lstatSync(other, { throwIfNoEntry: false })];
  if (ours === undefined || theirs?.isFile() !== true || ours.size !== theirs.size) return false;
  const fd = openToRead(one);
  try {
    return await hasSameContentAsync(fd, ours.size, other, false);
  } finally {
    closeSync(fd);
  }
}
