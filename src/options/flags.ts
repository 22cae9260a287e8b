// Splits the flags of a row: "-o, --output-dir <dir>" has a letter, a name and a placeholder.

import type { Row } from "./row.ts";

export interface Flags {
  /** "-o" */
  readonly letter: string | undefined;
  /** "--output-dir" */
  readonly name: string;
  /** "<dir>"; undefined for a switch. */
  readonly placeholder: string | undefined;
}

export function splitFlags(flags: string): Flags {
  const match = /^(?:(-\w), )?(--[a-z0-9-]+)(?: (\S.*))?$/.exec(flags);
  if (match?.[2] === undefined) throw new Error(`not the flags of an option: ${flags}`);
  return { letter: match[1], name: match[2], placeholder: match[3] };
}

/** The prefix of the variables of all options. */
export const PREFIX = "BULKGET_";

/** "BULKGET_OUTPUT_DIR": the environment's variable of an option. */
export function variableOf({ flags }: Pick<Row, "flags">): string | undefined {
  return flags && `${PREFIX}${splitFlags(flags).name.slice(2).toUpperCase().replaceAll("-", "_")}`;
}
