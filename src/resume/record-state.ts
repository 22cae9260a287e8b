// Classifies a record that moves to another line: whether a file is saved, and whether a failure depends on the URL.

import type { FailureKind } from "../core/failure.ts";
import type { Failed, Outcome, Saved, Skipped } from "../core/job.ts";

/** The record of a failed line whose file is accepted now, as a saved one. */
export function asSaved({
  error: _error,
  detail: _detail,
  retryable: _retryable,
  expected_md5: _md5,
  expected_sha1: _sha1,
  expected_sha256: _sha256,
  expected_sha512: _sha512,
  ...record
}: Failed): Saved {
  const { bytes = 0, status = 200, ...rest } = record;
  return { ...rest, outcome: "saved", bytes, status };
}

export function isSaved({ outcome }: Outcome): boolean {
  return outcome === "saved" || outcome === "unchanged";
}

/** Failures for the name or the digest that the list gives: they do not depend on the URL. */
const LIST_FAILURES: ReadonlySet<FailureKind> = new Set([
  "file_exists",
  "name_too_long",
  "name_refused",
  "duplicate_number",
  "checksum_mismatch",
  "invalid_digest",
  "invalid_row",
]);

export function isUrlFailure({ error }: Failed): boolean {
  return !LIST_FAILURES.has(error);
}

/** Whether the outcome depends on the URL only: under another number it would be the same. */
export function dependsOnUrl(record: Outcome): record is Failed | Skipped {
  return record.outcome === "failed" ? isUrlFailure(record) : record.outcome === "skipped";
}

export function withoutFile({ file: _file, headers_file: _headers, ...record }: Failed | Skipped): Outcome {
  return record;
}

/** Removes `duplicate_of`: that number may belong to another line now. */
export function withoutDuplicateOf(record: Outcome): Outcome {
  if (record.outcome !== "saved") return record;
  const { duplicate_of: _number, ...rest } = record;
  return rest;
}
