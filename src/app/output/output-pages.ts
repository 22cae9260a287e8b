// The pages of a listing in the output folder: where each begins, kept until all their lines are done.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { STATE_LAYOUT } from "../../core/layout.ts";
import type { Source } from "../../core/ports.ts";
import type { History } from "../../journal/history.ts";
import { doneAs } from "../../source/skip-done.ts";

export interface Pages {
  /**
   * Call it at the end. `isComplete`: the run was not stopped; if the listing was read to its end, the next run begins with its first
   * page. `isVain`: there was no listing.
   */
  end(how: { readonly isComplete: boolean; readonly isVain: boolean }): void;
}

/** Lets a listing leave out the pages that an earlier run has finished. With `update` every line is asked for again. */
export function openPages(
  keepPages: NonNullable<Source["keepPages"]>,
  state: string,
  history: History | undefined,
  how: { readonly update: boolean; readonly retryFailed: boolean },
): Pages {
  let isListed = false;
  keepPages({
    path: join(state, STATE_LAYOUT.pages),
    finished: (n) => history && doneAs(history.stateOf(n), n, history, how),
    leaveOut: (n) => history?.markMatched(n),
    onEnd() {
      isListed = true;
    },
  });
  return {
    end({ isComplete, isVain }) {
      if (isVain || (isComplete && isListed)) dropPages(state);
    },
  };
}

/** Removes the file. Throws the errno error. */
export function dropPages(state: string): void {
  rmSync(join(state, STATE_LAYOUT.pages), { force: true });
}
