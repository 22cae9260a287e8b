// The file for node-exporter's textfile collector: replaced as a whole, readable by others, and never another program's.

import { closeSync, fchmodSync, fstatSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openToRead } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import { type FileKind, objectionTo, writeOwnFile } from "../own-file.ts";
import type { Labels } from "./exposition.ts";

/** node-exporter runs as a user of its own, and a cron job often has a strict umask. */
const MODE = 0o644;

/** More than any file of metrics has: two labels make some hundred lines at most. */
const MAX_BYTES = 1_048_576;

const PROM_FILE: FileKind = {
  noun: "file of bulkget's metrics",
  matches: (head) => head.startsWith("# HELP bulkget_"),
};

/** Why metrics cannot be written to a file; undefined if they can. */
export function objectionToProm(path: string): string | undefined {
  return objectionTo(path, PROM_FILE);
}

/** Writes the file; returns the reason if it cannot. */
export function writeProm(path: string, text: string): string | undefined {
  return writeOwnFile(path, PROM_FILE, (fd) => {
    fchmodSync(fd, MODE);
    writeAllSync(fd, [Buffer.from(text)]);
  });
}

/** The time of the last success in the file that an earlier run wrote, in milliseconds; undefined without one. Never throws. */
export function lastSuccessIn(path: string): number | undefined {
  const seconds = /^bulkget_last_success_timestamp_seconds(?:\{[^\n]*\})? ([\d.]+)$/m.exec(textOf(path))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/**
 * The labels that all samples of a file need: its name, where another file beside it has the metrics without that label.
 * node-exporter reads all files of a folder, and refuses a sample that two of them have. Never throws.
 */
export function labelsBeside(path: string): Labels {
  const own = basename(path);
  const others = namesIn(dirname(path)).filter((name) => name.endsWith(".prom") && name !== own);
  const hasSamePlain = others.some((name) =>
    /^bulkget_run_start_timestamp_seconds /m.test(textOf(join(dirname(path), name))),
  );
  return hasSamePlain ? { file: own } : {};
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The text of a file that may be one of metrics; "" for what cannot be read. */
function textOf(path: string): string {
  try {
    const fd = openToRead(path);
    try {
      if (!fstatSync(fd).isFile()) return "";
      const bytes = Buffer.alloc(MAX_BYTES);
      return bytes.toString("utf8", 0, readSync(fd, bytes, 0, MAX_BYTES, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
