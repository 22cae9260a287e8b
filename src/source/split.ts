// Text becomes jobs: lines numbered from 1, blank ones and comments using up their number.

import { StringDecoder } from "node:string_decoder";
import { isNumber, type Job } from "../core/job.ts";
import { MAX_URL_LENGTH } from "../core/target.ts";

/** A line is kept up to here, in characters: enough for a URL that is too long to be refused as such, and a name. */
const MAX_LINE = MAX_URL_LENGTH + 1024;

/** What each job of one list carries, besides its line. */
export interface SplitOptions {
  /** The number of lines in the lists before this one. */
  readonly offset: number;
  /** The list's name, where there are several. */
  readonly list?: string;
}

export interface Splitter {
  /** The jobs on the lines that this chunk completes. Memory: one line, whatever its length. */
  push(chunk: Uint8Array): Job[];
  /** The job on a last line without an end, if any. */
  end(): Job[];
  /** Lines seen so far. */
  lines(): number;
}

/** Splits the bytes of one list, UTF-8 with or without BOM, lines ending in LF or CRLF. */
export function splitter(options: SplitOptions): Splitter {
  const decoder = new StringDecoder("utf8");
  let carry = "";
  let lines = 0;

  const take = (line: string, jobs: Job[]) => {
    lines++;
    const text = line.trim(); // of blanks, CR, and a byte order mark
    if (text !== "" && text.charCodeAt(0) !== 0x23) jobs.push(parseLine(text, lines, options));
  };
  const append = (text: string) => {
    carry = carry.length + text.length > MAX_LINE ? (carry + text).slice(0, MAX_LINE) : carry + text;
  };

  return {
    push(chunk) {
      const jobs: Job[] = [];
      const text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      let from = 0;
      for (let to = text.indexOf("\n"); to !== -1; to = text.indexOf("\n", from)) {
        if (carry === "") take(text.slice(from, Math.min(to, from + MAX_LINE)), jobs);
        else {
          append(text.slice(from, to));
          take(carry, jobs);
          carry = "";
        }
        from = to + 1;
      }
      append(from === 0 ? text : text.slice(from));
      return jobs;
    },
    end() {
      const jobs: Job[] = [];
      append(decoder.end());
      if (carry !== "") take(carry, jobs);
      carry = "";
      return jobs;
    },
    lines: () => lines,
  };
}

/**
 * `URL`, or `URL<TAB>name`, and then in any order `n=42` and `sha256=…`. A name of digits only is the line's number as
 * well, and so is `n=`: so `failed.txt` keeps the numbers. The name may be empty.
 */
function parseLine(text: string, line: number, { offset, list }: SplitOptions): Job {
  const tab = text.indexOf("\t");
  if (tab === -1)
    return list === undefined ? { n: offset + line, url: text } : { n: offset + line, url: text, list, line };
  const [name = "", ...extras] = text
    .slice(tab + 1)
    .split("\t", 4)
    .map((column) => column.trim());
  const given = extras.map((extra) => /^n=([0-9]{1,15})$/.exec(extra)?.[1]).find((digits) => digits !== undefined);
  const sha256 = extras.map((extra) => /^sha256=(.+)$/i.exec(extra)?.[1]).find((digest) => digest !== undefined);
  const number = given ?? (isNumber(name) ? name : undefined);
  return {
    n: number === undefined ? offset + line : Number(number),
    url: text.slice(0, tab).trimEnd(),
    ...(name === "" ? {} : { name }),
    ...(list === undefined ? {} : { list, line }),
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
  };
}
