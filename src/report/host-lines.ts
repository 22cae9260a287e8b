// The lines of the summary about the hosts that failed most: "hosts   h13.example 125 of 125 (403)".

import type { View } from "../core/ports.ts";
import { withoutHttpsPort } from "../core/scheduler/host.ts";
import { escaped } from "../core/text/escape.ts";
import type { FailingHost, FailingHosts } from "./failing-hosts.ts";
import { thousands } from "./format.ts";

/** Maximum number of hosts that are shown. */
const MAX_LINES = 5;

/** Fewer failures of a host show no pattern, unless they are all that it has. */
const MIN_FAILURES = 2;

/** Returns the lines, without those of hosts with a single failure. */
export function failingHostLines(failing: FailingHosts, view: View): string[] {
  const { hosts, others, isComplete } = failing.top(MAX_LINES);
  const shown = hosts.filter(({ failed }) => failed >= MIN_FAILURES);
  if (shown.length === 0) return [];
  const rest = others + hosts.length - shown.length;
  const more = `${isComplete ? "" : "over "}${thousands(rest)} other host${rest === 1 ? "" : "s"} with failures`;
  const texts = [...shown.map((host) => hostText(host, view)), ...(rest === 0 ? [] : [more])];
  return texts.map((text, i) => `${i === 0 ? "hosts  " : "       "} ${text}`);
}

function hostText({ host, failed, missed, reasons }: FailingHost, view: View): string {
  const lines = view.linesOf(host);
  // Lines that were counted before the host was forgotten are not there.
  const of = lines === undefined || lines < failed ? "" : ` of ${thousands(lines)}`;
  const atLeast = missed > 0 ? "at least " : "";
  const [[reason = "", count = 0] = []] = reasons;
  const why = count === failed ? reason : 2 * count > failed ? `mostly ${reason}` : `${reason} and others`;
  return `${escaped(withoutHttpsPort(host), 100)} ${atLeast}${thousands(failed)}${of} (${why})`;
}
