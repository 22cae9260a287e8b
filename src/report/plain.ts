// Plain progress for pipes, logs and CI: one line per failure, one per minute, and the summary; no control characters.

import type { Outcome } from "../core/job.ts";
import { LAYOUT } from "../core/layout.ts";
import type { Reporter, View } from "../core/ports.ts";
import { finished } from "../core/run/tally.ts";
import { escaped, escapedStack } from "../core/text/escape.ts";
import { durationText, thousands } from "./format.ts";
import { type SummaryOptions, summary } from "./summary.ts";

/** Maximum number of failures printed; all are in failed.txt. */
const MAX_FAILURE_LINES = 100;

export interface PlainOptions extends SummaryOptions {
  readonly write: (text: string) => void;
  /** The name of the list, if there is only one. Outcomes of several lists have their own. */
  readonly list?: string | undefined;
  readonly heartbeatMs: number;
  /** Print one line per outcome, not only for failures. */
  readonly verbose: boolean;
}

export function plain(options: PlainOptions): Reporter {
  const { write, heartbeatMs, verbose, list } = options;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;

  return {
    start(view) {
      timer = setInterval(() => write(`${heartbeat(view)}\n`), heartbeatMs);
      timer.unref();
    },
    outcome(outcome) {
      if (outcome.outcome !== "failed") {
        if (verbose) write(`${outcomeLine(outcome, list)}\n`);
        return;
      }
      if (outcome.error === "interrupted") return;
      failures++;
      if (failures <= MAX_FAILURE_LINES || verbose) write(`${outcomeLine(outcome, list)}\n`);
      else if (failures === MAX_FAILURE_LINES + 1)
        write(`more failures: each is in ${LAYOUT.failedList} and ${LAYOUT.journal}\n`);
    },
    end(view) {
      clearInterval(timer);
      write(`${summary(view, options)}\n`);
    },
  };
}

/** `urls.txt:42: connect_refused: connect ECONNREFUSED …: https://…`, escaped for a terminal. */
export function outcomeLine(outcome: Outcome, list?: string): string {
  const place = outcome.list ?? list;
  const at = place === undefined ? `#${outcome.n}` : `${escaped(place)}:${outcome.line ?? outcome.n}`;
  const url = escaped(outcome.url, 200);
  const after = afterText(outcome.retried_after ?? []);
  const kept = outcome.file === undefined ? "" : ` (${escaped(outcome.file)} is kept as it was)`;
  if (outcome.outcome === "skipped") {
    return `${at}: skipped, ${escaped(outcome.reason, 40)}: ${escaped(outcome.detail, 300)}${after}${kept}: ${url}`;
  }
  if (outcome.outcome !== "failed") {
    const file = outcome.file === undefined ? "" : ` ${escaped(outcome.file)}`;
    const what = `${outcome.bytes} bytes, ${durationText(outcome.total_ms)}${opened(outcome)}${after}`;
    return `${at}: ${outcome.outcome}${file} (${what}): ${url}`;
  }
  if (outcome.error === "invalid_url" || outcome.error === "unsupported_scheme") {
    return `${at}: not a URL that can be fetched: "${url}" (${escaped(outcome.detail, 200)})`;
  }
  // The stack of a bug is shown in full.
  const detail = outcome.error === "internal" ? escapedStack(outcome.detail) : escaped(outcome.detail, 300);
  return `${at}: ${outcome.error}: ${detail}${after}${kept}: ${url}`;
}

/** ", after truncated: 1 of 2 bytes, after http_status: 503 (2 times)": equal failures in succession are one. */
function afterText(failures: readonly string[]): string {
  let text = "";
  for (let i = 0, first = 0; i < failures.length; i++) {
    if (failures[i] === failures[i + 1]) continue;
    const times = i + 1 - first;
    text += `, after ${escaped(failures[i] ?? "", 200)}${times > 1 ? ` (${times} times)` : ""}`;
    first = i + 1;
  }
  return text;
}

/** The times of a new connection, if one was opened for the URL. */
function opened({ dns_ms, connect_ms, tls_ms }: Outcome): string {
  const steps = [
    ["look-up", dns_ms],
    ["connect", connect_ms],
    ["TLS", tls_ms],
  ] as const;
  const taken = steps.flatMap(([step, ms]) => (ms === undefined ? [] : [`${step} ${durationText(ms)}`]));
  return taken.length === 0 ? "" : ` with ${taken.join(", ")}`;
}

function heartbeat(view: View): string {
  const { failed } = view.tally;
  const total = view.total();
  const of = total === undefined ? "" : ` of ${total.exact ? "" : "about "}${thousands(total.jobs)}`;
  const open = `${view.inFlight} in flight${view.waiting > 0 ? `, ${thousands(view.waiting)} waiting` : ""}`;
  return `${durationText(view.elapsedMs)}: ${thousands(finished(view.tally))}${of} done, ${thousands(failed)} failed, ${open}`;
}
