// Moves the head that was saved beside a file along with it: it is at both places until the file is moved.

import { copyFileSync, linkSync, unlinkSync } from "node:fs";

/** Two paths. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Puts the head at its new place as well. It is less than its file: where that cannot be done, it stays where it is. */
export function copyHeaders(move: Move | undefined): void {
  if (move === undefined) return;
  removeHeaders(move.to); // of a run that was killed
  try {
    linkSync(move.from, move.to);
  } catch {
    try {
      copyFileSync(move.from, move.to);
    } catch {
      // Its folder cannot be written, as the file will show.
    }
  }
}

/** Removes a head, if it is there. */
export function removeHeaders(path: string | undefined): void {
  if (path === undefined) return;
  try {
    unlinkSync(path);
  } catch {
    // It is not there.
  }
}
