// The words that a shell completes: the flags of each command, and the values of each flag.

import { type Flags, splitFlags } from "../../options/flags.ts";
import type { Row } from "../../options/row.ts";
import { valueTypeOf } from "../command-line/value-types.ts";
import { COMMANDS, type CommandInfo, type CommandName } from "../subcommands/commands.ts";
import { ACTIONS } from "./sections.ts";

export interface Completable extends Flags {
  readonly summary: string;
  /** The completions of its value; undefined for a switch. */
  readonly value: Value | undefined;
  readonly isRepeatable: boolean;
}

/** One of these words, or (`isList`) several separated by commas; or names of files or folders. */
export interface Value {
  readonly words: readonly string[];
  readonly isList: boolean;
  readonly paths: "files" | "folders" | undefined;
}

export interface CompletableCommand {
  readonly name: CommandName;
  readonly summary: string;
  readonly flags: readonly Completable[];
  /** The choices of the operand; undefined for a list, which is any file. */
  readonly words: readonly string[] | undefined;
}

/** All commands; the main one is first. */
export function completableCommands(): readonly CompletableCommand[] {
  return Object.entries<CommandInfo>(COMMANDS).map(([name, { summary, groups, argument }]) => ({
    name: name as CommandName,
    summary,
    flags: [
      ...groups.flatMap(({ rows }) => Object.values(rows)).map(optionOf),
      ...ACTIONS.map(({ flags, summary }) => ({
        ...splitFlags(flags.replace(" [all]", "")),
        summary,
        value: undefined,
        isRepeatable: false,
      })),
    ],
    words: argument === undefined ? [] : argument.choices,
  }));
}

function optionOf(row: Row): Completable {
  const flags = splitFlags(row.flags ?? "");
  const type = valueTypeOf(row);
  if (type === undefined) return { ...flags, summary: row.summary, value: undefined, isRepeatable: false };
  const words = (row.choices ?? []).filter((word) => typeof word === "string");
  const value = { words, isList: row.type === "choices", paths: type.completes };
  return { ...flags, summary: row.summary, value, isRepeatable: type.isRepeatable === true };
}

/** Every flag of all commands, once. */
export function allFlags(commands: readonly CompletableCommand[]): readonly Completable[] {
  return [...new Map(commands.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag])).values()];
}

/** "-o|--output-dir", as it is typed. */
export function spellings({ letter, name }: Flags): readonly string[] {
  return letter === undefined ? [name] : [letter, name];
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
