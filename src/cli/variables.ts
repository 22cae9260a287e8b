// The environment's BULKGET_ variables: each stands for the option of its name, where the command line leaves that open.

import { type Command, InvalidArgumentError, type Option } from "commander";
import { nearest } from "../options/nearest.ts";

type Env = Readonly<Record<string, string | undefined>>;

const PREFIX = "BULKGET_";

/** "BULKGET_MAX_TIME" of --max-time. */
export function variableOf(option: Option): string {
  return `${PREFIX}${option.name().toUpperCase().replaceAll("-", "_")}`;
}

/** Sets the options that only a variable names. Returns what is wrong with the first that cannot be used, if any. */
export function readVariables(command: Command, env: Env): string | undefined {
  for (const option of readable(command)) {
    const name = option.attributeName();
    const variable = variableOf(option);
    const text = env[variable];
    if (text === undefined || command.getOptionValueSource(name) === "cli") continue;
    try {
      const value = option.required ? (option.parseArg?.(text, undefined as never) ?? text) : yesOrNo(text);
      // A --no- option is kept under the name behind that, as false.
      if (value !== false) command.setOptionValueWithSource(name, option.negate ? false : value, "env");
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      return refusal(variable, text, error.message);
    }
  }
  return undefined;
}

/** What a value is not: `-c, --concurrency <n>: 'many' is not a whole number from 1 to 10000`. A secret is left out. */
export function refusal(thing: string, value: string, wanted: string): string {
  const isSecret = /header/i.test(thing);
  return `${thing}: ${isSecret ? "the value" : `'${value}'`} is not ${wanted.replace(/^Allowed choices are (.*)\.$/, "one of $1")}`;
}

/** What is said of each variable that is named like an option's, and is none's: a warning, since it may be somebody else's. */
export function misspeltVariables(command: Command, env: Env): string[] {
  const known = readable(command).map(variableOf);
  return Object.keys(env)
    .filter((name) => name.toUpperCase().startsWith(PREFIX) && !known.includes(name))
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

/** All options but --version, which does something else than to say how. */
function readable(command: Command): readonly Option[] {
  return command.options.filter((option) => option.name() !== "version");
}

const YES = /^(1|true|yes|on)$/i;
const NO = /^(0|false|no|off)$/i;

/** What people write to switch something on or off; nothing at all is off. Throws for anything else: it may mean either. */
function yesOrNo(text: string): boolean {
  const word = text.trim();
  if (YES.test(word)) return true;
  if (NO.test(word) || text === "") return false;
  throw new InvalidArgumentError("yes or no (1, true, yes, on; 0, false, no, off, or empty)");
}
