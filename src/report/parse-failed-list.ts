// Parses an existing failed.txt: tells lines of a run from comments and lines of the user.

import { closeSync, openSync, readSync } from "node:fs";
import { isNumber } from "../core/job.ts";
import { type Decoder, utf16Encoding } from "../core/text/utf16.ts";

/** A line of failed.txt that is not blank. */
export interface FailedLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** `numbered`: with a line number, as a run writes it; `comment`: the user's; `run_comment`: written by a run; `other`: a URL without a number, or anything else. */
  readonly kind: "numbered" | "comment" | "run_comment" | "other";
  /** Number and URL of a numbered line. */
  readonly n?: number;
  readonly url?: string;
}

const READ_BYTES = 65_536;

/** Maximum length of a line, in bytes: a run writes none longer, and the rest of a longer one is dropped. */
const MAX_LINE_BYTES = 1_048_576;

const LF = 0x0a;

/** The lines of a list of failures in UTF-8 or UTF-16. Throws the errno error. */
export function* failedLines(path: string): Generator<FailedLine> {
  const fd = openSync(path, "r");
  try {
    let line = 0;
    for (const bytes of linesOf(fd)) {
      line++;
      const found = failedLine(bytes.toString("utf8"), line);
      if (found !== undefined) yield found;
    }
  } finally {
    closeSync(fd);
  }
}

/** A comment that `failedFile` writes for a line whose number or name belongs to another line. */
const RUN_COMMENT =
  /^# .+ has the number \d+, which is that of |^# .+ is the name of (?:line [\d,]+|an earlier line) as well: /;

function failedLine(raw: string, line: number): FailedLine | undefined {
  const text = raw.trim();
  if (text === "") return undefined;
  if (text.startsWith("#")) return { line, text, kind: RUN_COMMENT.test(text) ? "run_comment" : "comment" };
  const [url = "", name = "", ...more] = text.split("\t").map((column) => column.trim());
  const given = [name, ...more].map((column) => /^n=([0-9]{1,15})$/.exec(column)?.[1]).find((digits) => digits);
  const digits = given ?? (isNumber(name) ? name : undefined);
  return digits === undefined
    ? { line, text, kind: "other" }
    : { line, text, kind: "numbered", n: Number(digits), url };
}

function* linesOf(fd: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let decoder: Decoder | undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (bytes: Buffer) => {
    const rest = bytes.subarray(0, Math.max(0, MAX_LINE_BYTES - heldBytes));
    held.push(Buffer.from(rest));
    heldBytes += rest.length;
  };
  for (let i = 0, bytes = readSync(fd, buffer); bytes > 0; i++, bytes = readSync(fd, buffer)) {
    const read = buffer.subarray(0, bytes);
    if (i === 0) decoder = utf16Encoding(read);
    const chunk = decoder === undefined ? read : Buffer.from(decoder.decode(read, { stream: true }));
    let from = 0;
    for (let feed = chunk.indexOf(LF); feed >= 0; feed = chunk.indexOf(LF, from)) {
      hold(chunk.subarray(from, feed));
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
      from = feed + 1;
    }
    hold(chunk.subarray(from));
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
