// Stores a duplicate as a second name of the saved file: a hard link or a copy, without a request.

import { closeSync, openSync, rmSync, unlinkSync, utimesSync } from "node:fs";
import { digestsOf } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import type { SavedFile } from "../../core/job.ts";
import type { Stored } from "../../core/ports.ts";
import { linkOrCopy } from "../files/link-or-copy.ts";
import { hasSameContentAsync } from "../files/same-content.ts";
import type { TempFile } from "../files/temp-file.ts";
import type { Target } from "./commit.ts";
import { differentContent } from "./name-conflict.ts";
import type { WriteContext } from "./strategy.ts";

/** Gives a saved file of `folder` the target's name as well. */
export function writeLink(
  context: WriteContext,
  folder: string,
  target: Target,
  saved: SavedFile,
): Promise<Stored | Failure> {
  return target.ownBytes === undefined
    ? linkAndCommit(context, folder, target, saved)
    : compareExisting(context, folder, target, saved);
}

async function linkAndCommit(
  context: WriteContext,
  folder: string,
  target: Target,
  saved: SavedFile,
): Promise<Stored | Failure> {
  let part: TempFile | undefined;
  try {
    part = context.parts.create(target.job);
    unlinkSync(part.path); // only its name was needed
    await linkOrCopy(`${folder}/${saved.file}`, part.path, context.durable);
    if (target.timeMs !== undefined) setTime(part.path, target.timeMs / 1000);
    const stored = context.commit(target, part, saved.bytes, digestsOf(saved));
    // rename(2) of one hard link to another one of the same file does nothing.
    rmSync(part.path, { force: true });
    return stored;
  } catch (error) {
    return context.abort(target.job, part, context.failureOf(error, target));
  }
}

/** The existing file of that name may be the duplicate that an earlier run stored. */
async function compareExisting(
  context: WriteContext,
  folder: string,
  target: Target,
  saved: SavedFile,
): Promise<Stored | Failure> {
  const { bytes } = saved;
  const fd = openSync(`${folder}/${saved.file}`, "r");
  try {
    const isSame = target.ownBytes === bytes && (await hasSameContentAsync(fd, bytes, target.path, context.durable));
    return isSame
      ? context.stored(target, bytes, digestsOf(saved))
      : differentContent(target.file, target.ownBytes ?? bytes);
  } finally {
    closeSync(fd);
  }
}

/** Sets the time of a copy; a link has it. A file system may refuse it. */
function setTime(path: string, seconds: number): void {
  try {
    utimesSync(path, seconds, seconds);
  } catch {
    // It keeps the time at which it was written.
  }
}
