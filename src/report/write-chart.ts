// The file of a chart: put there whole, in the place of an earlier chart or of nothing, and never through a link.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { CHART_MARK } from "./tune-chart.ts";

/** The mark of a chart is within so many bytes. */
const HEAD_BYTES = 4096;

/** Why a chart cannot be put there, or undefined where it can. Waits for nobody, as a pipe would. */
export function objectionTo(path: string): string | undefined {
  try {
    accessSync(dirname(path), constants.W_OK);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    return isChart(path) ? undefined : "is there, and no chart of tune's; name another file";
  } catch (error) {
    return cannot(error);
  }
}

/** Puts it there; gives why not, if it cannot. What is there by then is looked at again: measuring takes minutes. */
export function putChart(path: string, svg: string): string | undefined {
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

/** Whether it is a file that begins as our charts do. */
function isChart(path: string): boolean {
  if (!lstatSync(path).isFile()) return false;
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(fd).isFile()) return false;
    const head = Buffer.alloc(HEAD_BYTES);
    return head.toString("latin1", 0, readSync(fd, head, 0, HEAD_BYTES, 0)).includes(CHART_MARK);
  } finally {
    closeSync(fd);
  }
}
