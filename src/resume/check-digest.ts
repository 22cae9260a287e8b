// Computes the digests of a saved file, and compares them with those that the list requires.

import { closeSync, fstatSync } from "node:fs";
import { DIGEST_NAMES, type Digests, digestsOf, mismatchedDigest } from "../core/digest.ts";
import type { Failed, Job, Outcome } from "../core/job.ts";
import { digestBy, updateFromFile } from "../fs/body-digest.ts";
import { isStillThere } from "../fs/location.ts";
import { openToRead } from "../fs/open-nofollow.ts";
import { isUrlFailure } from "./record-state.ts";

/** The wanted digests of a file: those in its record, the others computed. Undefined if the file cannot be read for them. */
export function fileDigests(folder: string, file: string, wanted: Digests, recorded: Digests): Digests | undefined {
  const missing = DIGEST_NAMES.filter((name) => wanted[name] !== undefined && recorded[name] === undefined);
  if (missing.length === 0) return recorded;
  try {
    const fd = openToRead(`${folder}/${file}`);
    try {
      const digest = digestBy(missing);
      updateFromFile(digest, fd, fstatSync(fd).size);
      return { ...recorded, ...digest.result() };
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Whether the file kept by a line that failed for its digest or name is what the list requires now. */
export function isAccepted(folder: string, job: Job, record: Outcome): record is Failed {
  if (record.outcome !== "failed" || isUrlFailure(record)) return false;
  const { file, bytes } = record;
  return file !== undefined && isStillThere(folder, { file, bytes }) && hasWantedDigests(folder, file, job, record);
}

/** Whether a file has the digests that the list requires. */
export function hasWantedDigests(folder: string, file: string, wanted: Digests, recorded: Digests): boolean {
  const actual = fileDigests(folder, file, wanted, digestsOf(recorded) ?? {});
  return actual !== undefined && mismatchedDigest(wanted, actual) === undefined;
}
