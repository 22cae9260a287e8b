// Writes the chart of `bulkget tune` to a file atomically; replaces only an earlier chart, and follows no symbolic link.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { openToRead } from "../fs/open-nofollow.ts";
import { CHART_MARK } from "./tune-chart.ts";

/** The mark of a chart is within this many first bytes. */
const HEAD_BYTES = 4096;

/** Why a chart cannot be written to a path; undefined if it can. Does not block on a named pipe. */
export function objectionTo(path: string): string | undefined {
  try {
    accessSync(dirname(path), constants.W_OK);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    return isChart(path) ? undefined : "exists and is no chart of bulkget tune; name another file";
  } catch (error) {
    return cannot(error);
  }
}

/** Writes a chart; returns the reason if it cannot. Checks the path again, because measuring takes minutes. */
export function writeChart(path: string, svg: string): string | undefined {
  const objection = objectionTo(path);
  if (objection !== undefined) return objection;
  const part = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    writeFileSync(part, svg, { flag: "wx" });
    renameSync(part, path);
    return undefined;
  } catch (error) {
    rmSync(part, { force: true });
    return cannot(error);
  }
}

function cannot(error: unknown): string {
  return `cannot be written: ${(error as Error).message}`;
}

/** Whether a file has the mark of a chart. */
function isChart(path: string): boolean {
  if (!lstatSync(path).isFile()) return false;
  const fd = openToRead(path);
  try {
    if (!fstatSync(fd).isFile()) return false;
    const head = Buffer.alloc(HEAD_BYTES);
    return head.toString("latin1", 0, readSync(fd, head, 0, HEAD_BYTES, 0)).includes(CHART_MARK);
  } finally {
    closeSync(fd);
  }
}
