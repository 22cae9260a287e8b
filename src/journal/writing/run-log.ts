// Writes runs.jsonl: one line when a run begins and one when it ends, so that a killed run shows. A run goes on without it.

import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, ftruncateSync, readSync, statSync, unlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { View } from "../../core/ports.ts";
import { escapedJson } from "../../core/text/escape.ts";
import { checked, isSingleLinkFile, openOrCreateToAppend } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";

export interface RunLog {
  /** Appends the first line. Never throws. */
  begin(): void;
  /** Appends the last line of a run that has begun. `exitCode`: of the command. Never throws. */
  end(view: View, exitCode?: number): void;
  /** Removes the first line, if nothing follows it: the run was refused after all. Never throws. */
  withdraw(): void;
}

export interface RunLogOptions {
  readonly path: string;
  /** The version of this program. */
  readonly version: string;
  /** The command line without secrets; undefined for a run of the library. */
  readonly command: string | undefined;
  /** Prints a message for the user: once, where the file cannot be written. */
  readonly note: (text: string) => void;
}

/** What stands in the place of a command line for a run of the library: no command line is one word. */
const OF_LIBRARY = "library";

/** Maximum length of a command line: a shell can expand *.txt to megabytes, and `isRunLog` reads the first 64 KiB. */
const MAX_COMMAND_CHARS = 4000;

/** A file of which these first bytes have no line of a run is the user's. */
const HEAD_BYTES = 65_536;

const LF = 0x0a;

/** The lines of one run. Nothing is written before `begin`. */
export function runLog({ path, version, command = OF_LIBRARY, note }: RunLogOptions): RunLog {
  const run = randomBytes(6).toString("hex");
  const about = { version, command: shortened(command) };
  const at = resolve(path); // a program may change its working directory
  let begin: string | undefined;
  let folder: string | undefined;
  /** Where the first line is in the file. */
  let first: { readonly fromBytes: number; readonly toBytes: number } | undefined;
  let isReported = false;

  const append = (entry: object): typeof first => {
    try {
      return appendLine(at, escapedJson(JSON.stringify(entry)));
    } catch (error) {
      if (!isReported) note(`${path}: ${reasonOf(error)}; this run is not listed there`);
      isReported = true;
      return undefined;
    }
  };

  return {
    begin() {
      begin = new Date().toISOString();
      folder = folderIdentity(at);
      first = append({ run, begin, ...about });
    },
    end(view, exitCode) {
      // A folder that was moved or replaced during the run: the journal reports it.
      if (begin === undefined || folderIdentity(at) !== folder) return;
      const { tally, peakInFlight, auto } = view;
      const { saved, unchanged, failed, skipped, duplicates, bytes, retries } = tally;
      append({
        ...{ run, begin, end: new Date().toISOString(), ...about },
        counts: { saved, unchanged, failed, skipped, duplicates, bytes, retries },
        exit_code: exitCode,
        peak_in_flight: peakInFlight,
        auto: auto?.trace?.map(({ ms, inFlight, urlsPerSecond, reason }) => {
          return [Math.round(ms), inFlight, Math.round(urlsPerSecond * 10) / 10, reason];
        }),
      });
    },
    withdraw() {
      if (first === undefined) return;
      try {
        removeLast(at, first.fromBytes, first.toBytes);
      } catch {
        // The run is listed as one that was killed.
      }
    },
  };
}

/** Appends a line in one write. Returns where it is. Throws where that is not possible, or the file is the user's. */
function appendLine(path: string, line: string): { readonly fromBytes: number; readonly toBytes: number } {
  const fd = openOwn(path);
  try {
    const { size } = fstatSync(fd);
    const text = Buffer.from(`${isWhole(fd, size) ? "" : "\n"}${line}\n`);
    try {
      writeAllSync(fd, [text]);
    } catch (error) {
      ftruncateSync(fd, size); // a full disk has taken a part of it
      throw error;
    }
    return { fromBytes: size, toBytes: size + text.length };
  } finally {
    closeSync(fd);
  }
}

/** Opens the file. Throws for a link, and for what is no file. */
function openOwn(path: string): number {
  return checked(openOrCreateToAppend(path), (stats) => {
    if (!stats.isFile()) throw new Error("is no file, and stays as it is");
    if (!isSingleLinkFile(stats)) throw new Error("has a second name (a hard link), and stays as it is");
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return code === "ELOOP" || code === "EMLINK" ? "is a link, and stays as it is" : `cannot be written: ${message}`;
}

/** Whether the last line has its end. Throws for a file that no run wrote. */
function isWhole(fd: number, size: number): boolean {
  if (size === 0) return true;
  const head = Buffer.alloc(HEAD_BYTES);
  const lines = head.toString("utf8", 0, readSync(fd, head, 0, HEAD_BYTES, 0)).split("\n");
  if (!lines.some(isLine))
    throw new Error("is there already, but no run wrote it: move it away, and the next run writes its own");
  return readSync(fd, head, 0, 1, size - 1) === 1 && head[0] === LF;
}

function isLine(text: string): boolean {
  try {
    const { run, begin } = Object(JSON.parse(text)) as { readonly run?: unknown; readonly begin?: unknown };
    return typeof run === "string" && typeof begin === "string";
  } catch {
    return false;
  }
}

/** Removes what is between these offsets if it is the end of the file, and the file if that is all of it. */
function removeLast(path: string, fromBytes: number, toBytes: number): void {
  const fd = openOwn(path);
  try {
    if (fstatSync(fd).size !== toBytes) return;
    if (fromBytes === 0) unlinkSync(path);
    else ftruncateSync(fd, fromBytes);
  } finally {
    closeSync(fd);
  }
}

/** The identity of the folder of a file; undefined where there is none. */
function folderIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(dirname(path));
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

function shortened(command: string): string {
  return command.length <= MAX_COMMAND_CHARS ? command : `${command.slice(0, MAX_COMMAND_CHARS - 1)}…`;
}
