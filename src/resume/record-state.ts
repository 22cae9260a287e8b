// What a record says of its line when it moves: whether something is saved, and whether a failure is its URL's own.

import type { FailureKind } from "../core/failure.ts";
import type { Failed, Outcome, Saved, Skipped } from "../core/job.ts";

/** The record of a line whose file turned out to be what is wanted. */
export function asSaved({
  error: _error,
  detail: _detail,
  retryable: _retryable,
  expected_sha256: _sha256,
  ...record
}: Failed): Saved {
  const { bytes = 0, status = 200, ...rest } = record;
  return { ...rest, outcome: "saved", bytes, status };
}

export function isSaved({ outcome }: Outcome): boolean {
  return outcome === "saved" || outcome === "unchanged";
}

/** What a line fails with for its name, or for the digest that the list gives: neither says anything of its URL. */
const OF_THE_LIST: ReadonlySet<FailureKind> = new Set([
  "file_exists",
  "name_too_long",
  "name_refused",
  "duplicate_number",
  "checksum_mismatch",
  "invalid_digest",
]);

export function isOfUrl({ error }: Failed): boolean {
  return !OF_THE_LIST.has(error);
}

/** Whether a line came to this for its URL: under another number it would be the same. */
export function isLasting(record: Outcome): record is Failed | Skipped {
  return record.outcome === "failed" ? isOfUrl(record) : record.outcome === "skipped";
}

export function bare({ file: _file, ...record }: Failed | Skipped): Outcome {
  return record;
}

/** Without the number of the line whose file it is, too: that may be another line's by now. */
export function withoutTwin(record: Outcome): Outcome {
  if (record.outcome !== "saved") return record;
  const { duplicate_of: _number, ...rest } = record;
  return rest;
}
