// The first lines of a list: where none of them is a URL it is no list, and is refused for what it looks like.

import { closeSync, openSync, readSync } from "node:fs";
import type { Wording } from "../core/errors.ts";
import { isFailure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import { parseUrl } from "../core/parse-url.ts";
import { isRedacted } from "../core/redact.ts";
import { guessFormat } from "./guess-format.ts";

/** So many lines without a URL are no list. */
const FIRST_LINES = 20;

/** Holds lines back until one is a URL: from then on they are no matter of its. */
export interface FirstLines {
  /** What may be gone on with: these jobs, and those held back. Throws for the last of so many without a URL. */
  take(jobs: Job[]): Job[];
  /** There is no further line. */
  end(): void;
}

/** `path`: of the list, for a command that would do; `-` is standard input. */
export function firstLines(path: string): FirstLines {
  const held: Job[] = [];
  let isList = false;
  return {
    take(jobs) {
      if (isList) return jobs;
      const first = jobs.slice(0, FIRST_LINES - held.length);
      isList = first.some(({ url }) => isUrl(url));
      if (isList) return held.length === 0 ? jobs : [...held, ...jobs];
      held.push(...first);
      if (held.length === FIRST_LINES) throw new NoListError(held, path);
      return [];
    },
    end() {
      if (!isList && held.length > 0) throw new NoListError(held, path);
    },
  };
}

/** The reason says what the lines look like, and what to do. */
export class NoListError extends Error {
  readonly reason: (words: Wording) => string;
  constructor(jobs: readonly Job[], path: string) {
    super();
    const count = jobs.length === 1 ? "its only line is no URL" : `none of its first ${jobs.length} lines is a URL`;
    this.reason = (words) => `${count}${exampleOf(jobs)}: ${guessFormat(jobs.map(textOf), path, words)}`;
  }
}

/** So much of a line is shown, in characters. */
const MAX_SHOWN = 60;

/** The first line, and what is wrong with it; but a line with an @ may have a password anywhere. */
function exampleOf([first]: readonly Job[]): string {
  const why = first && parseUrl(first.url);
  if (first === undefined || why === undefined || !isFailure(why) || first.url.includes("@")) return "";
  const short = first.url.length > MAX_SHOWN ? `${first.url.slice(0, MAX_SHOWN)}…` : first.url;
  return ` (${JSON.stringify(short)}: ${why.detail})`;
}

function textOf({ url, name }: Job): string {
  return name === undefined ? url : `${url}\t${name}`;
}

/** So much of a list is looked at first, in bytes. */
const LOOK_BYTES = 1024;

/** Whether a file begins with a URL in ASCII: most lists are known by that, without a stream. False where that cannot be seen. */
export function beginsWithUrl(path: string): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const bytes = Buffer.alloc(LOOK_BYTES);
    const head = bytes.toString("latin1", 0, readSync(fd, bytes));
    const [url] = /^https?:[!-~]*(?=[\t\n\r])/.exec(head) ?? [];
    return url !== undefined && isUrl(url);
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Whether a line is meant as a URL, be it one that cannot be fetched: of another scheme, or with a password that was taken
 * out. `C:\x` and `example.org:80` only look like schemes.
 */
function isUrl(text: string): boolean {
  const target = parseUrl(text);
  if (!isFailure(target)) return true;
  if (target.error === "invalid_url") return URL.canParse(text) && isRedacted(new URL(text), text);
  return !/^(?:[a-z]:|[^/:]*\.[^/:]*:|[^/:]*:\d)/i.test(text);
}
