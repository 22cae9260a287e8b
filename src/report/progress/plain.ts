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

/** Samples per heartbeat. The recent rates are those since the last sample: of 10 s, where a heartbeat comes every minute. */
const SAMPLES = 6;

export function plain(options: PlainOptions): Reporter {
  const { write, heartbeatMs, timestamp } = options;
  const ofHeartbeat = movingRates(heartbeatMs);
  const ofSample = movingRates(heartbeatMs / SAMPLES);
  let samples = 0;
  let timer: NodeJS.Timeout | undefined;
  const sample = (view: View) => {
    const [rates, recent] = [ofHeartbeat(view), ofSample(view)];
    if (samples++ % SAMPLES > 0 || samples === 1) return; // the first one is the start of the run
    const clock = timestamp().replace(/\.\d+Z$/, "Z");
    const slowed = slowedText(view, heartbeatMs);
    write(`${clock} ${heartbeat(view, rates, recent)}${slowed === undefined ? "" : `; ${slowed}`}\n`);
  };

  return {
    start(view) {
      sample(view);
      timer = setInterval(() => sample(view), heartbeatMs / SAMPLES);
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

/** The end is predicted by the slower rates: what is left may wait for a few hosts, after a minute in which all others finished. */
function heartbeat(view: View, rates: Rates, recent: Rates): string {
  const { tally, retrying, waiting } = view;
  const total = view.total();
  const of = total === undefined ? "" : ` of ${total.exact ? "" : "about "}${thousands(total.jobs)}`;
  const etas = [rates, recent].flatMap((one) => etaMs(view, one) ?? []);
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
    ...(etas.length === 0 ? [] : [`ETA ${secondsText(Math.max(...etas))}`]),
  ];
  return `${durationText(view.elapsedMs)}: ${parts.join(", ")}`;
}
