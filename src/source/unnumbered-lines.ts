// Refuses lines without a number among failed lines that are fed back with theirs: they would get another line's number.

import { ListError, type Wording } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import { redacted } from "../core/url/redact.ts";
import type { Earlier } from "./skip-done.ts";

/** Returns the next step for a line without a number among those of failed.txt. */
export function unnumberedAdvice({ option }: Wording): string {
  return `add it to the end of the list itself, or put it into a list and a folder (${option("outputDir")}) of its own`;
}

/** Maximum number of remembered lines that have no number and no record, until a line with a number follows. */
const MAX_UNKNOWN_LINES = 1000;

/** The recorded lines of an earlier run, also by URL alone. */
export interface EarlierLines extends Pick<Earlier, "state"> {
  /** Returns the number of a saved line with this URL that has not been read yet. */
  find(url: string): number | undefined;
}

/**
 * Wraps a source. Throws a ListError if failed lines, with their numbers, are followed or preceded by lines without a number,
 * before it returns that batch. A list that has always been mixed is accepted: the earlier run has lines of both kinds.
 */
export function refuseUnnumbered(source: Source, earlier: EarlierLines): Source {
  async function* batches(): AsyncGenerator<readonly Job[]> {
    let isFedBack = false;
    let isMixed = false;
    const unknownLines: Job[] = [];
    for await (const jobs of source) {
      for (const job of isMixed ? [] : jobs) {
        const state = earlier.state(job.n, job.url);
        const isKnown = state !== undefined && state !== "other";
        if (job.numbered === true) isFedBack ||= isKnown && state !== "saved" && job.refused === undefined;
        else if (isKnown) isMixed = true;
        else if (unknownLines.length < MAX_UNKNOWN_LINES) unknownLines.push(job);
      }
      const [first] = unknownLines;
      if (isFedBack && !isMixed && first !== undefined) {
        isMixed = unknownLines.some(({ url }) => earlier.find(url) !== undefined); // lines that have moved
        if (!isMixed) throw unnumberedError(first);
      }
      yield jobs;
    }
  }
  return {
    [Symbol.asyncIterator]: batches,
    total: () => source.total(),
    get doneEarlier() {
      return source.doneEarlier;
    },
  };
}

function unnumberedError({ n, url, list, line }: Job): ListError {
  const place = list === undefined || line === undefined ? `line ${n}` : `${list}:${line}`;
  const what = JSON.stringify(redacted(url.slice(0, 200)));
  const why = `has no number, among lines that were fed back with theirs: ${what}`;
  return new ListError((words) => `${place}: ${why}: ${unnumberedAdvice(words)}`);
}
