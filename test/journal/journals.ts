// A journal and its files in a folder of the test's own, read back.

import { writeFileSync } from "node:fs";
import type { Outcome } from "../../src/core/job.ts";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { type History, readHistory } from "../../src/journal/history.ts";
import { saved } from "../core/outcomes.ts";
import { type OwnFolder, own, ownFolder } from "../support/own.ts";

export interface OwnJournal {
  readonly folder: OwnFolder;
  /** Of the journal that is read. */
  readonly path: string;
  /** Makes these the journal, outcomes or whole lines, and reads it. It is closed after the test. */
  read(...lines: readonly (Outcome | string)[]): History;
  reread(): History;
  /** A saved line whose file is on the disk. */
  stored(n: number, url?: string, bytes?: number): Outcome;
}

/** For the top of a file: a folder with a journal for each of its tests. */
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
