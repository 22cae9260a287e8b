// Advises --per-dir once, when a folder will get too many files for most tools.

import type { Outcome } from "../core/job.ts";
import type { Reporter, View } from "../core/ports.ts";
import { thousands } from "./format.ts";

/** Number of files from which on a folder is slow to list, copy and open. */
const MANY_FILES = 100_000;

/** Number of saved files after which the estimate of the list's length is good. */
const MIN_FILES_FOR_ESTIMATE = 1000;

/** A reporter that counts files without a subfolder, and advises through `note`. */
export function folderSizeHint(note: (text: string) => void): Reporter {
  let view: View | undefined;
  let flat = 0;
  let isDone = false;

  const advise = (files: string) => {
    isDone = true;
    note(`${files} files in one folder: --per-dir 1000 puts those to come into folders of 1,000 (000/000042)`);
  };
  return {
    start(started) {
      view = started;
    },
    outcome(outcome: Outcome) {
      if (isDone || outcome.outcome !== "saved" || outcome.file?.includes("/") !== false) return;
      flat++;
      if (flat > MANY_FILES) advise(`over ${thousands(MANY_FILES)}`);
      if (flat !== MIN_FILES_FOR_ESTIMATE) return;
      // Files of earlier runs are most likely in the same folder.
      const { jobs, exact } = view?.total() ?? { jobs: 0, exact: true };
      const files = jobs + (view?.doneEarlier?.saved ?? 0);
      if (files > MANY_FILES) advise(`${exact ? "" : "about "}${thousands(files)}`);
    },
  };
}
