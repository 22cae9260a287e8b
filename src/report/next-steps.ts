// The end of the summary: where failures and records are, and the command that goes on or tries again what may pass.

import type { View } from "../core/ports.ts";
import { escaped } from "../core/text/escape.ts";
import { thousands } from "./format.ts";
import { wrapped, wrappedCommand } from "./progress/wrap.ts";

export interface NextSteps {
  /** Called at the end. `hasFailed`: failed.txt will be there. */
  files(hasFailed: boolean): {
    /** The path of failed.txt, if it is there. */
    readonly failures?: string | undefined;
    /** The path of results.jsonl, if it is there. */
    readonly records?: string | undefined;
    /** Some records could not be written: the next run fetches their lines again. */
    readonly lacksRecords?: boolean;
  };
  /** The command that goes on with the list. Undefined if it cannot be shown: it has secrets, or its list cannot be read again. */
  readonly goOn: string | undefined;
  /** The command that tries the failures again. */
  readonly tryAgain: string;
}

/** Stands for a command that cannot be shown, since it needs the same list again. */
export const SAME_LIST = "run the same command with the same list";

/** Maximum length of a command that is shown. */
const MAX_COMMAND = 2000;

/** Returns the lines. `left`: the number of unfinished URLs of a stopped run, if known. `columns`: those of the terminal. */
export function nextLines(
  view: View,
  left: number | undefined,
  { files, goOn, tryAgain, columns = Number.POSITIVE_INFINITY }: NextSteps & { readonly columns?: number },
): string[] {
  const { tally, isStopped } = view;
  // The list of a resumed run is written when the folder is closed. That of an earlier run goes then, if nothing is left that failed.
  const hasFailed = tally.failed > 0 || (view.doneEarlier?.failed ?? 0) > 0;
  const { failures, records, lacksRecords } = files(hasFailed);
  const isGone = isStopped !== true && !hasFailed;
  const where = [
    ...(failures === undefined || isGone ? [] : [`failures in ${escaped(failures)}`]),
    ...(records === undefined ? [] : [`records in ${escaped(records)}${lacksRecords ? " (some are missing)" : ""}`]),
  ];
  const lines = where.length === 0 ? [] : [wrapped(`files   ${where.join(", ")}`, columns)];
  const mayPass = tally.retryable > 0 ? `${countOf(tally.retryable, tally.failed)} may pass` : undefined;
  if (isStopped === true && left !== 0) {
    const about = view.total()?.exact === false ? "about " : "";
    const rest =
      left === undefined ? "the rest of the list" : `${about === "" ? "the " : about}${thousands(left)} left`;
    lines.push(againLine(goOn ?? SAME_LIST, mayPass === undefined ? rest : `${rest}; ${mayPass}`));
  } else if (mayPass !== undefined) lines.push(againLine(tryAgain, mayPass));
  return lines;

  function againLine(command: string, why: string): string {
    const [text, remark] = [escaped(command, MAX_COMMAND), `(${why})`];
    const isCommand = text.startsWith("bulkget ");
    return isCommand
      ? wrappedCommand("again   ", text, remark, columns)
      : wrapped(`again   ${text}  ${remark}`, columns);
  }
}

/** "3 of the 12 failed", "the failed one". */
function countOf(some: number, all: number): string {
  if (all === 1) return "the failed one";
  return some === all ? `the ${thousands(all)} failed` : `${thousands(some)} of the ${thousands(all)} failed`;
}
