// The messages for a run that stopped early: the reason, and what to do next.

import { isFatal } from "../core/failure.ts";
import type { NamedReporter } from "../core/run/combine-reporters.ts";
import type { StopReason } from "../core/run/run.ts";
import { escaped } from "../core/text/escape.ts";
import { failureWords } from "../report/failure-words.ts";
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

export interface FatalReason extends NamedReporter {
  /** The words of the first failure that has stopped the run. */
  readonly words: string | undefined;
}

/** A reporter that keeps why the disk or the store has stopped a run: its line may not have been printed. */
export function fatalReason(): FatalReason {
  let words: string | undefined;
  return {
    name: "reason",
    get words() {
      return words;
    },
    reporter: {
      start() {},
      outcome(outcome) {
        if (words !== undefined || outcome.outcome !== "failed" || !isFatal(outcome.error)) return;
        words = failureWords(outcome.error, escaped(outcome.detail, 300));
      },
      end() {},
    },
  };
}

interface Stopped {
  /** Nothing was left when the run stopped. */
  readonly isAll: boolean;
  /** Bodies go into an object store. */
  readonly isInStore: boolean;
  /** The words of the failure that has stopped it. */
  readonly fatal: string | undefined;
}

/** Undefined for a reason with a message of its own. */
export function stoppedLine(reason: StopReason | undefined, { isAll, isInStore, fatal }: Stopped): string | undefined {
  const known = reason === "disk" ? (fatal ?? (isInStore ? STORE_REASON : REASONS.disk)) : REASONS[reason ?? "request"];
  const why = isSignal(reason) ? reason : known;
  return why && `stopped: ${why}; ${isAll ? "nothing is left to do" : RESUME_HINT}`;
}

/** Advice for a file that has reached the maximum file size: resuming would fail again. */
export function adviceOn(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code !== "EFBIG") return "";
  return ": it is as large as a file may be here; raise the limit (ulimit -f), or move the folder to another file system";
}
