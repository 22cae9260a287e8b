// The messages for a run that stopped early: the reason, and what to do next.

import type { StopReason } from "../core/run/run.ts";
import { SIGNALS, type StopSignal } from "./signals.ts";

export const RESUME_HINT = "run it again to go on";

const REASONS: Readonly<Partial<Record<StopReason, string>>> = {
  disk: "the disk or a report cannot be written any more",
  deadline: "the time of --deadline is over",
  "max-failures": "as many URLs failed as --max-failures allows",
};

const STORE_REASON = "the store, the disk or a report cannot be written any more";

export function isSignal(reason: string | undefined): reason is StopSignal {
  return SIGNALS.some((signal) => signal === reason);
}

/** `isAll`: nothing was left when the run stopped. `isInStore`: bodies go into an object store. Undefined for a reason with a message of its own. */
export function stoppedLine(reason: StopReason | undefined, isAll: boolean, isInStore: boolean): string | undefined {
  const known = reason === "disk" && isInStore ? STORE_REASON : REASONS[reason ?? "request"];
  const why = isSignal(reason) ? reason : known;
  return why && `stopped: ${why}; ${isAll ? "nothing is left to do" : RESUME_HINT}`;
}

/** Advice for a file that has reached the maximum file size: resuming would fail again. */
export function adviceOn(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code !== "EFBIG") return "";
  return ": it is as large as a file may be here; raise the limit (ulimit -f), or move the folder to another file system";
}
