// How a page of a report is recognised: only such a file is replaced.

import type { FileKind } from "../own-file.ts";

/** Among the first bytes of a page. */
export const PAGE_MARK = "<!-- made by bulkget report -->";

export const PAGE_FILE: FileKind = {
  noun: "page of bulkget report",
  matches: (head) => head.includes(PAGE_MARK),
};
