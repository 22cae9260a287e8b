// Which exit code a run or an error ends with.

import { OptionError } from "../core/option-error.ts";
import type { View } from "../core/ports.ts";
import type { StopReason } from "../core/run/run.ts";
import { finished } from "../core/run/tally.ts";
import { JournalError } from "../journal/open-journal.ts";
import type { FailOn } from "../policy/fail-on.ts";
import { LockedError } from "../sink/folder/lock.ts";
import { FolderError } from "../sink/folder/output-folder.ts";
import { ListError } from "../source/lists.ts";
import type { ExitName } from "./exit-code.ts";
import { StdoutError } from "./say.ts";
import { isSignal } from "./stopped.ts";

export interface RunEnd {
  readonly view: Pick<View, "tally" | "doneEarlier">;
  readonly failOn: FailOn;
  readonly reason: StopReason | undefined;
  /** The list could not be read to its end. */
  readonly isListBroken: boolean;
  /** A report could not be written to its end. */
  readonly isReportBroken: boolean;
}

/** How a run ended: by the most serious of what happened. */
export function exitOfRun({ view, failOn, reason, isListBroken, isReportBroken }: RunEnd): ExitName {
  const { tally } = view;
  if (tally.kinds.has("internal")) return "bug";
  if (reason === "disk") return "disk";
  if (isSignal(reason)) return reason;
  if (isListBroken) return "usage";
  if (reason !== undefined) return "stopped";
  // What failed permanently in an earlier run has failed in this one as well.
  const { saved, failed, skipped } = view.doneEarlier ?? { saved: 0, failed: 0, skipped: 0 };
  const all = finished(tally) + saved + failed + skipped;
  return failOn(tally.failed + failed, all) || isReportBroken ? "failed" : "finished";
}

/** How the command ends with an error. */
export function exitOfError(error: unknown): ExitName {
  if (error instanceof FolderError) return error.kind === "disk" ? "disk" : "usage";
  if (error instanceof LockedError) return "locked";
  if (error instanceof StdoutError) return "disk";
  if (error instanceof JournalError || error instanceof ListError || error instanceof OptionError) return "usage";
  return "bug";
}
