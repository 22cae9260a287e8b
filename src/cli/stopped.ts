// What is said of a run that stopped before its list was done, and of a report that stopped it: why, and what to do.

import type { StopReason } from "../core/run/run.ts";
import { SIGNALS, type StopSignal } from "./signals.ts";

export const GO_ON = "run it again to go on";

const REASONS: Readonly<Partial<Record<StopReason, string>>> = {
  disk: "the disk or a report cannot be written any more",
  deadline: "the time of --deadline is over",
  "max-failures": "as many URLs failed as --max-failures allows",
};

export function isSignal(reason: string | undefined): reason is StopSignal {
  return SIGNALS.some((signal) => signal === reason);
}

/** `isAll`: nothing was left when it stopped. Undefined for what is said elsewhere. */
export function stoppedLine(reason: StopReason | undefined, isAll: boolean): string | undefined {
  const why = isSignal(reason) ? reason : REASONS[reason ?? "request"];
  return why && `stopped: ${why}; ${isAll ? "nothing is left to do" : GO_ON}`;
}

/** What to do about a report that has reached the largest size of a file: to go on as before would end there again. */
export function adviceOn(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code !== "EFBIG") return "";
  return ": it is as large as a file may be here; raise the limit (ulimit -f), or move the folder to another file system";
}
