// Options of `bulkget extract` only.

import { FILE, type Rows } from "../row.ts";

export const EXTRACTING = {
  output: {
    ...FILE,
    flags: "-o, --output <path>",
    summary: "file, or folder, to write into",
    details: `
      File that the body is written to; for several lines, or with a folder that exists, a folder: its files are "000042.jpg" for
      line 42. Existing files are not replaced.`,
    otherwise: "stdout",
    notInLibrary: "only the command has `extract`",
  },
} as const satisfies Rows;
