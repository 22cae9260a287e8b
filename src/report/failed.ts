// failed.txt: the lines that failed, as a list to be fed back, with their numbers or names. Only there if any failed.

import { renameSync, rmSync } from "node:fs";
import { type Failed, isNumber } from "../core/job.ts";
import type { Reporter } from "../core/ports.ts";
import { type Appender, appender } from "./appender.ts";

export interface FailedFile {
  /** Makes the file before there is a line for it: later there may be no descriptor left. Throws what the disk says. */
  open(): void;
  add(outcome: Failed): void;
  /** Gives the file its name, in place of the one that is there. Where none failed, `isOurs` says to remove that one. */
  end(isOurs: boolean): void;
}

/** What failed in a fresh run. */
export function failedList(path: string): Reporter {
  const file = failedFile(path);
  return {
    start: () => file.open(),
    outcome(outcome) {
      if (outcome.outcome === "failed" && outcome.error !== "interrupted") file.add(outcome);
    },
    end: () => file.end(false),
  };
}

/**
 * `URL<TAB>000042`, or `URL<TAB>name<TAB>n=42` where the list gave a name: either keeps the number when it is fed back. A
 * line whose number is another's is there as a comment.
 */
export function failedFile(path: string): FailedFile {
  const part = `${path}.part`;
  let file: Appender | undefined;
  let anyFailed = false;
  return {
    open() {
      file ??= fresh(part);
    },
    add({ n, url, name, error, detail, expected_sha256: sha256 }) {
      file ??= fresh(part);
      anyFailed = true;
      // Fed back, it would take the place of the line that has the number.
      if (error === "duplicate_number") return file.append(`# ${oneLine(detail)}: ${oneLine(url)}\n`);
      const columns = [oneLine(url).trim() || NO_URL, name === undefined ? String(n).padStart(6, "0") : nameOf(name)];
      if (name !== undefined && !(isNumber(name) && Number(name) === n)) columns.push(`n=${n}`);
      if (sha256 !== undefined) columns.push(`sha256=${oneLine(sha256)}`);
      file.append(`${columns.join("\t")}\n`);
    },
    end(isOurs) {
      file?.close();
      if (anyFailed) return renameSync(part, path);
      // Without a line of this run's: what lies there is an earlier one's, killed or out of disk.
      if (file !== undefined || isOurs) rmSync(part, { force: true });
      if (isOurs) rmSync(path, { force: true });
    },
  };
}

/** A new file, never through a link that was planted there. */
function fresh(path: string): Appender {
  rmSync(path, { force: true });
  return appender(path, "wx");
}

/** What a program handed in for a URL may be nothing at all; the number behind it is to be no URL. */
const NO_URL = "(no URL)";

/** What has no place in a list, or in a file's name, where it becomes the same. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A name as a list may have it, of which the same file comes: without what is cut off there, and no `key=value`. */
function nameOf(name: string): string {
  const clean = name.replace(HARMFUL, "_");
  const whole = clean.trim() === clean ? clean : clean.replace(/^[.\s]+|[.\s]+$/g, "_");
  return /^[a-z0-9]+=/i.test(whole) ? `/${whole}` : whole || "_";
}

/** A URL from a program may have anything in it; a list has one a line, and no TAB in it. */
function oneLine(text: string): string {
  return text.replace(/[\t\r\n]/g, " ");
}
