// Ends a run before it begins where its store cannot be used, with the store's own message and what to do.

import { FolderError } from "../../core/errors.ts";
import type { StoreProblem } from "../../store/problem.ts";
import type { Store } from "../../store/store.ts";

/** Throws a FolderError for a problem of the store. */
export function refuse(problem: StoreProblem | undefined, { address }: Store): void {
  if (problem === undefined) return;
  throw new FolderError("disk", `${address.shown}: ${problem.problem}${adviceOn(problem)}`);
}

function adviceOn({ code, status }: StoreProblem): string {
  if (code === "NoSuchBucket") return "; create the bucket first";
  if (status === 403)
    return "; the credentials must be allowed to list the bucket, and to put, read and remove objects";
  return "";
}
