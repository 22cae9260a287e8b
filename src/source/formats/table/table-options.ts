// The options of tables: which column has what, and which go into the record.

import { DIGEST_NAMES, type DigestName } from "../../../core/digest.ts";

/** What a column of a table may be: the URL, the file's name, the line's number, headers of the request, a digest. */
export const COLUMN_ROLES = ["url", "name", "n", "headers", ...DIGEST_NAMES] as const;

export type ColumnRole = "url" | "name" | "n" | "headers" | DigestName;

/** How tables are read. */
export interface TableOptions {
  /**
   * The columns of the roles that are not in the column of their own name, which is found in any case: names in any case, or
   * numbers from 1 in a table without a header. "" for none.
   */
  readonly column?: { readonly [Role in ColumnRole]?: string | undefined } | undefined;
  /** The columns that go into the record, under `extra`; "all" alone is every column that has no role. */
  readonly keep?: readonly string[] | undefined;
  /** The column whose text is put beside the body in an archive. */
  readonly text?: string | undefined;
}
