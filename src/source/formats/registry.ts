// The registry of list formats: a new format is one file beside this one and one entry here.

import type { Format } from "./format.ts";
import { lines } from "./lines.ts";

/** The first format that matches parses the list. `lines` matches every list, so it is the last. */
export const FORMATS: readonly Format[] = [lines];

/** Returns the format of a list, by its path and first bytes; see `Format.matches`. */
export function formatOf(path: string, head: Buffer, formats: readonly Format[] = FORMATS): Format {
  return formats.find((format) => format.matches(path, head)) ?? lines;
}
