// Test fixture: a journal and its files in a temporary folder.

import { writeFileSync } from "node:fs";
import type { Outcome } from "../../src/core/job.ts";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { type History, readHistory } from "../../src/journal/history.ts";
import { saved } from "../core/outcomes.ts";
import { type OwnFolder, own, ownFolder } from "../support/own.ts";

export interface OwnJournal {
  readonly folder: OwnFolder;
  /** Path of the journal. */
  readonly path: string;
  /** Writes a journal of these outcomes or lines, and reads it. The history is closed after the test. */
  read(...lines: readonly (Outcome | string)[]): History;
  reread(): History;
  /** Writes a file, and returns the outcome of its saved line. */
  stored(n: number, url?: string, bytes?: number): Outcome;
}

/** For the top of a test file: each test gets its own folder and journal. */
export function ownJournal(): OwnJournal {
  const folder = ownFolder();
  const pathNow = () => folder.at("results.jsonl");
  const reread = () => own(readHistory(folder.path, pathNow()));
  return {
    folder,
    get path() {
      return pathNow();
    },
    read(...lines) {
      writeFileSync(
        pathNow(),
        lines.map((line) => (typeof line === "string" ? line : serializeOutcome(line))).join(""),
      );
      return reread();
    },
    reread,
    stored(n, url = `https://example.org/${n}`, bytes = n % 100) {
      const file = `${n}.txt`;
      writeFileSync(folder.at(file), "x".repeat(bytes));
      return saved({ n, url, file, bytes });
    },
  };
}
