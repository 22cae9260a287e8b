// The classification of records that move to another line.

import { expect, it } from "vitest";
import { FACTS, type FailureKind } from "../../src/core/failure.ts";
import { asSaved, dependsOnUrl, isSaved, withoutDuplicateOf } from "../../src/resume/record-state.ts";
import { failed, saved, skipped, unchanged } from "../core/outcomes.ts";

it("a failure depends on the URL unless the list's row, name, number or digest is its reason", () => {
  const kinds = Object.keys(FACTS) as FailureKind[];
  const ofList = kinds.filter((error) => !dependsOnUrl(failed({ error })));
  expect(ofList.sort()).toEqual([
    "checksum_mismatch",
    "duplicate_number",
    "file_exists",
    "invalid_digest",
    "invalid_row",
    "name_refused",
    "name_too_long",
  ]);
  expect([skipped(), saved(), unchanged()].map(dependsOnUrl)).toEqual([true, false, false]);
});

it("only saved and unchanged records have a saved file", () => {
  expect([saved(), unchanged(), failed({ file: "a.txt" }), skipped()].map(isSaved)).toEqual([true, true, false, false]);
});

it("the record of an accepted failure is a saved one without the failure's fields", () => {
  const record = failed({ error: "checksum_mismatch", file: "a.txt", bytes: 3, expected_sha256: "0".repeat(64) });
  const { error: _error, detail: _detail, retryable: _retryable, expected_sha256: _expected, ...rest } = record;
  expect(asSaved(record)).toEqual({ ...rest, outcome: "saved", status: 200 });
});

it("a moved record has no duplicate_of", () => {
  expect(withoutDuplicateOf(saved({ duplicate_of: 7 }))).toEqual(saved());
  expect(withoutDuplicateOf(unchanged())).toEqual(unchanged());
});
