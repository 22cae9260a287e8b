// Prints the lines of outcomes: failures up to a maximum, a host that is down once, and with --verbose every outcome.

import type { FailureKind } from "../../core/failure.ts";
import type { Failed, Job, Outcome } from "../../core/job.ts";
import { LAYOUT } from "../../core/layout.ts";
import { hostOf } from "../failing-hosts.ts";
import type { UrlLine } from "./fit.ts";
import { downLine, outcomeLine, type PlaceOptions, placeOf } from "./outcome-line.ts";

export interface OutcomeLinesOptions extends PlaceOptions {
  readonly print: (line: UrlLine, isFailure: boolean) => void;
  /** Print one line per outcome, not only for failures. */
  readonly verbose: boolean;
  /** Maximum number of lines of failures, unless `verbose`: all failures are in failed.txt. */
  readonly maxFailures: number;
}

/** Failures that every URL of a host has: one line is enough. */
const OF_THE_HOST: ReadonlySet<FailureKind> = new Set([
  "dns_not_found",
  "dns_temporary",
  "blocked_address",
  "connect_refused",
  "connect_timeout",
  "connect_failed",
  "tls_certificate",
  "tls_error",
]);

/** Returns a function that prints the line of an outcome, if it has one. Memory is bounded by the maximum number of lines. */
export function outcomeLines(options: OutcomeLinesOptions): (outcome: Outcome, job?: Job) => void {
  const { print, verbose, maxFailures, layout = LAYOUT } = options;
  /** Hosts with a line. */
  const hosts = new Set<string>();
  let lines = 0;
  let isOver = false;

  return (outcome, job) => {
    if (outcome.outcome !== "failed") {
      if (verbose) print(outcomeLine(outcome, placeOf(outcome, job, options)), false);
      return;
    }
    if (outcome.error === "interrupted" || isOver) return;
    if (verbose) return print(outcomeLine(outcome, placeOf(outcome, job, options)), true);
    const place = placeOf(outcome, job, options);
    const down = downLine(outcome, place);
    if (isRepeated(outcome, down !== undefined)) return;
    if (++lines <= maxFailures) return print(down ?? outcomeLine(outcome, place), true);
    isOver = true;
    const front = `more failures: each is in ${layout.failedList} and ${layout.journal}`;
    print({ front, url: "", back: "" }, false);
  };

  /** Whether a line was printed for the host, and says what this one would say. */
  function isRepeated({ url, error }: Failed, isDown: boolean): boolean {
    const host = isDown || OF_THE_HOST.has(error) ? hostOf(url) : undefined;
    if (host === undefined) return false;
    if (hosts.has(host)) return true;
    hosts.add(host);
    return false;
  }
}
