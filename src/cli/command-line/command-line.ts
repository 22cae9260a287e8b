// Parses the command line of a run and of `bulkget tune` into typed values, by the rows of the option table.

import type { ResolvedOutputOptions } from "../../app/output/output-options.ts";
import { withStore } from "../../app/store/store-option.ts";
import type { Wording } from "../../core/errors.ts";
import { splitFlags } from "../../options/flags.ts";
import type { Rows } from "../../options/row.ts";
import { READING } from "../../options/rows/lists.ts";
import { NETWORK } from "../../options/rows/network.ts";
import { REQUESTS } from "../../options/rows/requests.ts";
import { MEASURING } from "../../options/rows/tune.ts";
import { TABLE } from "../../options/table.ts";
import { type EarlyExit, parse } from "./commander.ts";
import type { Parsed } from "./value-types.ts";
import { type Env, misspeltVariables } from "./variables.ts";

interface Lists {
  readonly lists: readonly string[];
}

export type CommandLine = Lists & Parsed<typeof TABLE> & Pick<ResolvedOutputOptions, "store">;

const TUNE = { ...MEASURING, ...READING, ...REQUESTS, ...NETWORK } as const;

export type TuneLine = Lists & Parsed<typeof TUNE>;

/** Reads the arguments after `node script`, and the environment's BULKGET_ variables. */
export function readCommandLine(argv: readonly string[], env: Env = process.env): CommandLine | EarlyExit {
  const read = parse("bulkget", TABLE, argv, env);
  return "values" in read ? withStore({ ...read.values, lists: read.args }) : read;
}

/** Reads the arguments after `tune`. */
export function readTuneLine(argv: readonly string[], env: Env = process.env): TuneLine | EarlyExit {
  const read = parse("tune", TUNE, argv, env);
  return "values" in read ? { ...read.values, lists: read.args } : read;
}

/** A warning for each BULKGET_ variable that belongs to no option, and is spelt nearly like one. */
export function misspelt(env: Env): readonly string[] {
  return misspeltVariables(TABLE, env);
}

function flagsOf(key: string): string | undefined {
  return Object.hasOwn(TABLE, key) ? (TABLE as Rows)[key]?.flags : undefined;
}

/** The names of options in messages of the command: flags instead of the library's keys. */
export const FLAG_WORDING: Wording = {
  option(key) {
    const flags = flagsOf(key);
    if (flags === undefined) return key;
    const { letter, name } = splitFlags(flags);
    return letter ?? name;
  },
  subject: (key) => flagsOf(key) ?? key,
  listFrom: (shellCommand) => `${shellCommand} | bulkget -`,
};
