// Digests of saved files: taken from the record or computed, and compared with those that the list requires.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { fileDigests, hasWantedDigests, isAccepted } from "../../src/resume/check-digest.ts";
import { failed, saved } from "../core/outcomes.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();
const BODY = "the body";
const sha256 = createHash("sha256").update(BODY).digest("hex");
const md5 = createHash("md5").update(BODY).digest("hex");

beforeEach(() => {
  writeFileSync(folder.at("a.txt"), BODY);
});

describe("the digests of a saved file", () => {
  it("are those of its record, without reading the file, and computed otherwise", () => {
    const recorded = { sha256: "0".repeat(64) };
    expect(fileDigests(folder.path, "missing.txt", { sha256 }, recorded)).toEqual(recorded);
    expect(fileDigests(folder.path, "a.txt", { sha256, md5 }, recorded)).toEqual({ ...recorded, md5 });
    expect(fileDigests(folder.path, "missing.txt", { md5 }, recorded)).toBeUndefined();
  });

  it("must all equal the required ones", () => {
    expect(hasWantedDigests(folder.path, "a.txt", { sha256, md5 }, {})).toBe(true);
    expect(hasWantedDigests(folder.path, "a.txt", { sha256, md5: "0".repeat(32) }, {})).toBe(false);
    expect(hasWantedDigests(folder.path, "a.txt", {}, {})).toBe(true);
  });
});

describe("the file kept by a failed line", () => {
  const job = { n: 1, url: "https://example.org/a.html", sha256 };
  const kept = { error: "checksum_mismatch", file: "a.txt", bytes: BODY.length } as const;

  it("is accepted if the line failed for its digest or name and the file has the required digest now", () => {
    expect(isAccepted(folder.path, job, failed(kept))).toBe(true);
    expect(isAccepted(folder.path, { ...job, sha256: "0".repeat(64) }, failed(kept))).toBe(false);
  });

  it("is not accepted if the line failed for its URL, or was saved, or the file has another or no recorded length", () => {
    expect(isAccepted(folder.path, job, failed({ ...kept, error: "http_status" }))).toBe(false);
    expect(isAccepted(folder.path, job, saved({ file: "a.txt", bytes: BODY.length }))).toBe(false);
    expect(isAccepted(folder.path, job, failed({ ...kept, bytes: 1 }))).toBe(false);
    const { bytes: _, ...unknown } = kept;
    expect(isAccepted(folder.path, job, failed(unknown))).toBe(false);
  });
});
