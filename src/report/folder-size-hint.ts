// Says once that a folder gets too many files for most tools, while there is time to put them into folders.

import type { Outcome } from "../core/job.ts";
import type { Reporter, View } from "../core/ports.ts";
import { thousands } from "./format.ts";

/** From so many files on a folder is slow to list, to copy and to open. */
const CROWD = 100_000;

/** After so many lines the list's length is guessed well. */
const GUESSED = 1000;

/** A reporter that counts the files of no folder of their own, of this run, and advises through `note`. */
export function folderSizeHint(note: (text: string) => void): Reporter {
  let view: View | undefined;
  let flat = 0;
  let said = false;

  const advise = (files: string) => {
    said = true;
    note(`${files} files in one folder: --per-dir 1000 puts those to come into folders of 1,000 (000/000042)`);
  };
  return {
    start(started) {
      view = started;
    },
    outcome(outcome: Outcome) {
      if (said || outcome.outcome !== "saved" || outcome.file?.includes("/") !== false) return;
      flat++;
      if (flat > CROWD) advise(`over ${thousands(CROWD)}`);
      if (flat !== GUESSED) return;
      // What earlier runs saved most likely lies where this one's files do.
      const { jobs, exact } = view?.total() ?? { jobs: 0, exact: true };
      const files = jobs + (view?.doneEarlier?.saved ?? 0);
      if (files > CROWD) advise(`${exact ? "" : "about "}${thousands(files)}`);
    },
  };
}
