// Plain progress for pipes, logs and CI: one line per failure, one per minute, and the summary; no control characters.

import type { Reporter, View } from "../../core/ports.ts";
import { finished } from "../../core/run/tally.ts";
import { bytesText, durationText, rateText, secondsText, thousands } from "../format.ts";
import { type SummaryOptions, summary } from "../summary.ts";
import { fitted } from "./fit.ts";
import type { PlaceOptions } from "./outcome-line.ts";
import { outcomeLines } from "./outcome-lines.ts";
import { etaMs, movingRates, type Rates } from "./rates.ts";
import { slowedText } from "./slowest.ts";

/** Maximum number of lines about failures; all failures are in failed.txt. */
const MAX_FAILURE_LINES = 100;

export interface PlainOptions extends SummaryOptions, PlaceOptions {
  readonly write: (text: string) => void;
  readonly heartbeatMs: number;
  /** Returns the time of the clock for a heartbeat: ISO 8601. */
  readonly timestamp: () => string;
  /** Print one line per outcome, not only for failures. */
  readonly verbose: boolean;
}

export function plain(options: PlainOptions): Reporter {
  const { write, heartbeatMs, timestamp } = options;
  const rates = movingRates(heartbeatMs);
  let timer: NodeJS.Timeout | undefined;
  const beat = (view: View) => {
    const clock = timestamp().replace(/\.\d+Z$/, "Z");
    const slowed = slowedText(view, heartbeatMs);
    write(`${clock} ${heartbeat(view, rates(view))}${slowed === undefined ? "" : `; ${slowed}`}\n`);
  };

  return {
    start(view) {
      rates(view);
      timer = setInterval(() => beat(view), heartbeatMs);
      timer.unref();
    },
    outcome: outcomeLines({
      ...options,
      maxFailures: MAX_FAILURE_LINES,
      print: (line) => write(`${fitted(line)}\n`),
    }),
    end(view) {
      clearInterval(timer);
      write(`${summary(view, options)}\n`);
    },
  };
}

/** The summary alone, and with `verbose` a line per outcome. */
export function summaryOnly(
  options: Pick<PlainOptions, "write" | "verbose"> & SummaryOptions & PlaceOptions,
): Reporter {
  const { write, verbose } = options;
  return {
    outcome: verbose
      ? outcomeLines({ ...options, maxFailures: 0, print: (line) => write(`${fitted(line)}\n`) })
      : () => {},
    end: (view) => write(`${summary(view, options)}\n`),
  };
}

function heartbeat(view: View, rates: Rates): string {
  const { tally, retrying, waiting } = view;
  const total = view.total();
  const of = total === undefined ? "" : ` of ${total.exact ? "" : "about "}${thousands(total.jobs)}`;
  const eta = etaMs(view, rates);
  const held = waiting - retrying;
  const parts = [
    `${thousands(finished(tally))}${of} done`,
    `${thousands(tally.failed)} failed`,
    ...(retrying > 0 ? [`${thousands(retrying)} retrying`] : []),
    `${thousands(view.inFlight)} in flight`,
    ...(held > 0 ? [`${thousands(held)} waiting`] : []),
    `${rateText(rates.jobs)} URL/s`,
    bytesText(view.receivedBytes()),
    `${bytesText(rates.bytes)}/s`,
    ...(eta === undefined ? [] : [`ETA ${secondsText(eta)}`]),
  ];
  return `${durationText(view.elapsedMs)}: ${parts.join(", ")}`;
}
