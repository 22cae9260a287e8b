// Failures that are fed back together with other lines: those have no number of their own here, and would take another line's.

import { ListError, type Wording } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import { redacted } from "../core/redact.ts";
import type { Earlier } from "./skip-done.ts";

/** What to do about a line without a number among those of failed.txt. */
export function numberIt({ option }: Wording): string {
  return `add it to the end of the list itself, or put it into a list and a folder (${option("outputDir")}) of its own`;
}

/** So many lines without a number, of which the earlier run knows nothing, are remembered until there is one with a number. */
const MAX_STRANGERS = 1000;

/** What is known of the lines of an earlier run, also by their URL alone. */
export interface Known extends Pick<Earlier, "state"> {
  /** The number of a line with this URL that was saved, and has not been met. */
  find(url: string): number | undefined;
}

/**
 * The same source, which throws a ListError where failures are fed back, with their numbers, together with other lines that
 * have none: before any of what was read with these. In a list that has always been mixed, the earlier run knows lines of
 * both kinds.
 */
export function refuseUnnumbered(source: Source, earlier: Known): Source {
  async function* batches(): AsyncGenerator<readonly Job[]> {
    let isFedBack = false;
    let isMixed = false;
    const strangers: Job[] = [];
    for await (const jobs of source) {
      for (const job of isMixed ? [] : jobs) {
        const state = earlier.state(job.n, job.url);
        const isKnown = state !== undefined && state !== "other";
        if (job.numbered === true) isFedBack ||= isKnown && state !== "saved" && job.refused === undefined;
        else if (isKnown) isMixed = true;
        else if (strangers.length < MAX_STRANGERS) strangers.push(job);
      }
      const [first] = strangers;
      if (isFedBack && !isMixed && first !== undefined) {
        isMixed = strangers.some(({ url }) => earlier.find(url) !== undefined); // lines that have moved
        if (!isMixed) throw numberless(first);
      }
      yield jobs;
    }
  }
  return {
    [Symbol.asyncIterator]: batches,
    total: () => source.total(),
  };
}

function numberless({ n, url, list, line }: Job): ListError {
  const place = list === undefined || line === undefined ? `line ${n}` : `${list}:${line}`;
  const what = JSON.stringify(redacted(url.slice(0, 200)));
  const why = `has no number, among lines that were fed back with theirs: ${what}`;
  return new ListError((words) => `${place}: ${why}: ${numberIt(words)}`);
}
