// The environment's BULKGET_ variables: values of switches, and warnings for misspelt names.

import { PREFIX, variableOf } from "../../options/flags.ts";
import { nearest } from "../../options/nearest.ts";
import type { Rows } from "../../options/row.ts";
import { ValueError } from "./units.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** A warning for each variable whose name is close to an option's. Others may belong to other programs. */
export function misspeltVariables(rows: Rows, env: Env): string[] {
  const names = Object.keys(env).filter((name) => name.toUpperCase().startsWith(PREFIX));
  if (names.length === 0) return [];
  const known = Object.values(rows).flatMap((row) => variableOf(row) ?? []);
  return names
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(
        name.slice(PREFIX.length),
        known.map((one) => one.slice(PREFIX.length)),
      );
      return meant === undefined
        ? []
        : [`${name} is no option's variable and is not read: was ${PREFIX}${meant} meant?`];
    });
}

const YES = /^(1|true|yes|on)$/i;
const NO = /^(0|false|no|off)$/i;

/** The value of a switch; an empty text is off. Throws a ValueError for any other text. */
export function yesOrNo(text: string): boolean {
  const word = text.trim();
  if (YES.test(word)) return true;
  if (NO.test(word) || text === "") return false;
  throw new ValueError("yes or no (1, true, yes, on; 0, false, no, off, or empty)");
}
