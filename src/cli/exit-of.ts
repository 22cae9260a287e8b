// Chooses the exit code for the end of a run, and for an error.

import { BulkgetError, type BulkgetErrorCode } from "../core/errors.ts";
import type { View } from "../core/ports.ts";
import type { StopReason } from "../core/run/run.ts";
import { finished } from "../core/run/tally.ts";
import type { FailOn } from "../policy/fail-on.ts";
import type { ExitName } from "./exit-code.ts";
import { StdoutError } from "./log.ts";
import { isSignal } from "./stop-messages.ts";

export interface RunEnd {
  readonly view: Pick<View, "tally" | "doneEarlier">;
  readonly failOn: FailOn;
  readonly reason: StopReason | undefined;
  /** The list could not be read to its end. */
  readonly isListBroken: boolean;
  /** A report could not be written to its end. */
  readonly isReportBroken: boolean;
}

/** The exit code of a run: the most serious event decides. */
export function exitOfRun({ view, failOn, reason, isListBroken, isReportBroken }: RunEnd): ExitName {
  const { tally } = view;
  if (tally.kinds.has("internal")) return "bug";
  if (reason === "disk") return "disk";
  if (isSignal(reason)) return reason;
  if (isListBroken) return "usage";
  if (reason !== undefined) return "stopped";
  // Permanent failures of earlier runs count as failures of this one.
  const { saved, failed, skipped } = view.doneEarlier ?? { saved: 0, failed: 0, skipped: 0 };
  const all = finished(tally) + saved + failed + skipped;
  return failOn(tally.failed + failed, all) || isReportBroken ? "failed" : "finished";
}

const EXITS: Readonly<Record<BulkgetErrorCode, ExitName>> = {
  ERR_BULKGET_OPTION: "usage",
  ERR_BULKGET_LIST: "usage",
  ERR_BULKGET_FOLDER: "usage",
  ERR_BULKGET_OTHER_LIST: "usage",
  ERR_BULKGET_JOURNAL: "usage",
  ERR_BULKGET_LOCKED: "locked",
  ERR_BULKGET_DISK: "disk",
};

/** The exit code for an error. */
export function exitOfError(error: unknown): ExitName {
  if (error instanceof BulkgetError) return EXITS[error.code];
  return error instanceof StdoutError ? "disk" : "bug";
}
