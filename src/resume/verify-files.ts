// Checks files that records name: whether they exist, their length and their SHA-256 digest.

import { closeSync, fstatSync } from "node:fs";
import type { Failed, Job, Outcome } from "../core/job.ts";
import { hashOfStart } from "../fs/hash-file.ts";
import { openToRead } from "../fs/open-nofollow.ts";
import { isWholeFile } from "../fs/verify-file.ts";
import { isUrlFailure } from "./record-state.ts";

/** The SHA-256 digest of a file; undefined if it cannot be read. */
export function sha256Of(folder: string, file: string): string | undefined {
  try {
    const fd = openToRead(`${folder}/${file}`);
    try {
      return hashOfStart(fd, fstatSync(fd).size).digest("hex");
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Whether the file kept by a line that failed for its digest or name is what the list requires now. */
export function isAccepted(folder: string, { sha256 }: Job, record: Outcome): record is Failed {
  if (record.outcome !== "failed" || isUrlFailure(record) || record.file === undefined) return false;
  if (!isWholeFile(folder, record.file, record.bytes)) return false;
  return sha256 === undefined || sha256 === (record.sha256 ?? sha256Of(folder, record.file));
}
