// Parses a command line with commander by the rows of the option table, then the BULKGET_ variables.

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { escapedStack } from "../../core/text/escape.ts";
import { HIDDEN } from "../../core/url/userinfo.ts";
import { PREFIX, splitFlags, variableOf } from "../../options/flags.ts";
import { nearest } from "../../options/nearest.ts";
import type { Row, Rows } from "../../options/row.ts";
import { COMMANDS, type CommandInfo, type CommandName } from "../subcommands/commands.ts";
import { homonymOf, ownNameOf } from "./foreign-flags.ts";
import { nonBlank, oneOf, ValueError } from "./units.ts";
import { defaultOf, type Parsed, parsedValue } from "./value-types.ts";
import { type Env, yesOrNo } from "./variables.ts";

/** There is no run: a page to print, or the reason why the command line cannot be used. */
export type EarlyExit = { readonly page: Page } | { readonly refusal: string };

/** The version, or the help of a command: short, or (`isFull`) with every option in detail. */
export type Page = "version" | { readonly command: CommandName; readonly isFull: boolean };

/** A row that the command line or a variable mentions, with commander's option for it. */
interface Entry {
  readonly row: Row;
  readonly option: Option;
}

/** Parses the words of a command line by these rows. `args` are the operands. */
export function parse<T extends Rows>(
  name: CommandName,
  rows: T,
  argv: readonly string[],
  env: Env,
): { readonly values: Parsed<T>; readonly args: readonly string[] } | EarlyExit {
  const info: CommandInfo = COMMANDS[name];
  const title = name === "bulkget" ? name : `bulkget ${name}`;
  const own = Object.entries<Row>(rows).filter(([, { flags }]) => flags !== undefined);
  const entries = mentioned(own, argv, env);
  const refusal = (message: string) => ({ refusal: `bulkget: ${escapedStack(message)} (${title} --help)\n` });
  const command = commandOf(info, entries);
  try {
    command.parse(argv, { from: "user" });
    readVariables(command, entries.values(), env);
  } catch (error) {
    if (error instanceof VariableError) return refusal(error.message);
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.version") return { page: "version" };
    if (error.code === "commander.helpDisplayed")
      return { page: { command: name, isFull: command.args[command.args.findIndex(isHelp) + 1] === "all" } };
    if (error.message === "error: unknown option '--help=all'") return { page: { command: name, isFull: true } };
    return refusal(
      complaint(
        error.message,
        own.map(([, row]) => row),
        info,
      ),
    );
  }
  const values: Record<string, unknown> = {};
  for (const [key, row] of own) {
    const option = entries.get(key)?.option;
    const value = option === undefined ? defaultOf(row) : command.getOptionValue(option.attributeName());
    if (row.type === "flag") values[key] = option?.negate === true ? value === false : value === true;
    else if (value !== undefined) values[key] = value;
  }
  const { args } = command;
  const { unless, noun = "" } = info.argument ?? {};
  const isReplaced = unless !== undefined && values[unless] !== undefined;
  if (unless !== undefined && isReplaced === args.length > 0) {
    const { name: flag } = splitFlags(rows[unless]?.flags ?? "");
    return refusal(isReplaced ? `${flag} is the list: give no other` : `missing required argument 'list': ${noun}`);
  }
  return { values: values as Parsed<T>, args };
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

/**
 * The rows that a word or a variable may be about, and perhaps some more. commander compares each option that it is given with all
 * others, which takes milliseconds for all rows.
 */
function mentioned(rows: readonly (readonly [string, Row])[], argv: readonly string[], env: Env): Map<string, Entry> {
  const found = new Map<string, Entry>();
  const words = argv.filter((word) => word.startsWith("-"));
  const names = new Set(words.map((word) => word.split("=", 1)[0]));
  const letters = words.filter((word) => !word.startsWith("--")).join("");
  const hasVariables = Object.keys(env).some((name) => name.startsWith(PREFIX));
  for (const [key, row] of rows) {
    const { name, letter } = splitFlags(row.flags ?? "");
    const isTyped = names.has(name) || (letter !== undefined && letters.includes(letter.slice(1)));
    if (isTyped || (hasVariables && env[variableOf(row) ?? ""] !== undefined)) found.set(key, entryOf(row));
  }
  return found;
}

function entryOf(row: Row): Entry {
  const option = new Option(row.flags ?? "");
  if (row.type !== "flag") {
    option.argParser((text, before) => asArgumentError(() => parsedValue(row, text, before)));
    const value = defaultOf(row);
    if (value !== undefined) option.default(value);
  }
  return { row, option };
}

function commandOf({ argument }: CommandInfo, entries: ReadonlyMap<string, Entry>): Command {
  const command = new Command()
    .allowExcessArguments(false)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut() {}, writeErr() {}, outputError() {} })
    .configureHelp({ formatHelp: () => "" })
    .helpOption("-h, --help")
    .version("-", "-V, --version");
  if (argument !== undefined) command.addArgument(operandOf(argument));
  for (const { option } of entries.values()) command.addOption(option);
  return command;
}

function operandOf({ name, noun, choices, isOptional, unless }: NonNullable<CommandInfo["argument"]>): Argument {
  const read = choices === undefined ? nonBlank(noun) : oneOf(choices);
  const operand = new Argument(
    unless ? `[${name}...]` : isOptional ? `[${name}]` : choices === undefined ? `<${name}...>` : `<${name}>`,
  );
  return operand.argParser((text) => asArgumentError(() => read(text)));
}

/** Turns a ValueError of `read` into the error that commander expects. */
function asArgumentError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ValueError ? new InvalidArgumentError(error.message) : error;
  }
}

/** A BULKGET_ variable whose value cannot be used. */
class VariableError extends Error {}

/** Sets options from variables, where the command line does not have them. Throws a VariableError. */
function readVariables(command: Command, entries: Iterable<Entry>, env: Env): void {
  for (const { row, option } of entries) {
    const variable = variableOf(row) ?? "";
    const text = env[variable];
    if (text === undefined || command.getOptionValueSource(option.attributeName()) === "cli") continue;
    try {
      const value = row.type === "flag" ? yesOrNo(text) : parsedValue(row, text);
      // commander stores --no-x as x: false.
      if (value !== false)
        command.setOptionValueWithSource(option.attributeName(), option.negate ? false : value, "env");
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw new VariableError(refusalOf(variable, text, error.message, row));
    }
  }
}

/** `-c, --concurrency <n>: 'many' is not a whole number from 1 to 10000`. The value of a header is left out: it may be secret. */
function refusalOf(thing: string, value: string, wanted: string, row?: Row): string {
  const own = homonymOf(row?.flags ?? "", value);
  const hint = own === undefined ? "" : `: ${own}`;
  return `${thing}: ${row?.type === "headers" ? "the value" : `'${value}'`} is not ${wanted}${hint}`;
}

type Rewrite = (parts: readonly string[], rows: readonly Row[], info: CommandInfo) => string;

/** Rewrites each possible message of commander into bulkget's wording, without secrets that commander quotes. */
const REWRITES: readonly (readonly [RegExp, Rewrite])[] = [
  [
    /^option '(.*?)' argument '(.*)' is invalid\. (.*)$/s,
    ([flags = "", value = "", wanted = ""], rows) =>
      refusalOf(
        flags,
        value,
        wanted,
        rows.find((row) => row.flags === flags),
      ),
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.*?)'\. (.*)$/s,
    ([value = "", name = "", wanted = ""]) => refusalOf(name, value, wanted),
  ],
  [/^option '(.*?)' argument missing$/, ([flags = ""]) => `${flags}: argument missing`],
  [
    /^missing required argument '(.*)'$/,
    ([name], _, info) => `missing required argument '${name}': ${info.argument?.noun ?? ""}`,
  ],
  [/^too many arguments\b/, (_, __, info) => `too many arguments: ${info.usage}`],
  [/^unknown option '(-[^=]*?)(=|'$)/, ([name = "", end = ""], rows) => unknownOption(name, end === "=", rows)],
];

function complaint(text: string, rows: readonly Row[], info: CommandInfo): string {
  const message = text.trimEnd().replace(/^error: /, "");
  for (const [pattern, rewrite] of REWRITES) {
    const match = pattern.exec(message);
    if (match !== null) return rewrite(match.slice(1), rows, info);
  }
  return message.replaceAll("\n", " ");
}

function unknownOption(name: string, hasValue: boolean, rows: readonly Row[]): string {
  const flags = rows.map((row) => splitFlags(row.flags ?? ""));
  if (flags.some((one) => one.name === name || one.letter === name))
    return `${name} takes no value: it is on where it is written`;
  const shown = hasValue ? `${name}=${HIDDEN}` : name;
  const own = ownNameOf(name);
  if (own !== undefined) return `unknown option '${shown}': ${own}`;
  const meant = name.startsWith("--") ? nearest(name, [...flags.map((one) => one.name), "--help"]) : undefined;
  return `unknown option '${shown}'${meant === undefined ? "" : `: did you mean ${meant}?`}`;
}
