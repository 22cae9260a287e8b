// Refuses a file as a list if none of its first lines is a URL, and names what the lines look like.

import { closeSync, openSync, readSync } from "node:fs";
import type { Wording } from "../core/errors.ts";
import { isFailure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import { parseUrl } from "../core/url/parse-url.ts";
import { isRedacted } from "../core/url/redact.ts";
import { toUrl } from "../core/url/to-url.ts";
import { guessFormat } from "./guess-format.ts";

/** Number of first lines of which at least one has to be a URL. */
const MAX_LINES_WITHOUT_URL = 20;

/** Holds jobs back until one has a URL; later jobs pass unchecked. */
export interface FirstLines {
  /** Returns the jobs to continue with, including those held back. Throws a NoListError after `MAX_LINES_WITHOUT_URL`. */
  accept(jobs: Job[]): Job[];
  /** Called at the end of the list. Throws a NoListError if no line was a URL. */
  end(): void;
}

/** `path`: the list's, for the command in the message; `-` is standard input. `isTable`: whether its lines are rows of a table. */
export function firstLines(path: string, isTable: () => boolean = () => false): FirstLines {
  const held: Job[] = [];
  let isList = false;
  return {
    accept(jobs) {
      if (isList) return jobs;
      const first = jobs.slice(0, MAX_LINES_WITHOUT_URL - held.length);
      isList = first.some(({ url }) => isUrl(url));
      if (isList) return held.length === 0 ? jobs : [...held, ...jobs];
      held.push(...first);
      if (held.length === MAX_LINES_WITHOUT_URL) throw new NoListError(held, path, isTable());
      return [];
    },
    end() {
      if (!isList && held.length > 0) throw new NoListError(held, path, isTable());
    },
  };
}

/** The file is no list. `reason` names what the lines look like, and the next step. */
export class NoListError extends Error {
  readonly reason: (words: Wording) => string;
  constructor(jobs: readonly Job[], path: string, isTable: boolean) {
    super();
    if (isTable) {
      const rows = jobs.length === 1 ? "its only row has no URL" : `none of its first ${jobs.length} rows has a URL`;
      const why = jobs[0]?.refused?.detail;
      const example = why === undefined ? exampleOf(jobs) : ` (the first: ${why})`;
      this.reason = ({ option }) => `${rows}${example}: ${option("column")} says which column has it`;
      return;
    }
    const count = jobs.length === 1 ? "its only line is no URL" : `none of its first ${jobs.length} lines is a URL`;
    this.reason = (words) => `${count}${exampleOf(jobs)}: ${guessFormat(jobs.map(lineOf), path, words)}`;
  }
}

/** Maximum length of a line in a message, in characters. */
const MAX_SHOWN_CHARS = 60;

/** Returns the first line and its error; nothing for a line with an @, which may contain a password. */
function exampleOf([first]: readonly Job[]): string {
  const why = first && parseUrl(first.url);
  if (first === undefined || why === undefined || !isFailure(why) || first.url.includes("@")) return "";
  const short = first.url.length > MAX_SHOWN_CHARS ? `${first.url.slice(0, MAX_SHOWN_CHARS)}…` : first.url;
  return ` (${JSON.stringify(short)}: ${why.detail})`;
}

function lineOf({ url, name }: Job): string {
  return name === undefined ? url : `${url}\t${name}`;
}

/** Number of bytes read to look for a URL without opening a stream. */
const HEAD_BYTES = 1024;

/** Whether a file begins with a URL in ASCII, as most lists do. False if it does not or cannot be read. */
export function beginsWithUrl(path: string): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const bytes = Buffer.alloc(HEAD_BYTES);
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
 * Whether a line is meant as a URL, even if it cannot be fetched: of another scheme, or with a redacted password. `C:\x` and
 * `example.org:80` do not count as URLs of a scheme `C` or `example.org`.
 */
function isUrl(text: string): boolean {
  const target = parseUrl(text);
  if (!isFailure(target)) return true;
  if (target.error === "invalid_url") {
    const url = toUrl(text);
    return url !== undefined && isRedacted(url, text);
  }
  return !/^(?:[a-z]:|[^/:]*\.[^/:]*:|[^/:]*:\d)/i.test(text);
}
