// Hands a command line to commander, and keeps what it would print; every option also reads a variable.

import { Argument, type Command, CommanderError, Option } from "commander";
import { escapedStack } from "../core/escape.ts";
import type { OptionError } from "../core/option-error.ts";
import { HIDDEN } from "../core/userinfo.ts";
import { nearest } from "../options/nearest.ts";
import { nonBlank } from "./units.ts";
import { readVariables, refusal } from "./variables.ts";

/** Nothing to run: what to print, where, and the exit code to leave with. */
export interface Leave {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** What a command line comes to; or what there is to say instead. */
export function parsed<T>(described: Command, argv: readonly string[], read: (command: Command) => T): T | Leave {
  let out = "";
  let err = "";
  const command = described
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => {
        out += text;
      },
      writeErr: (text) => {
        err += text;
      },
      outputError: (text, write) => write(said(complaint(text, described), described)),
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
    });
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : 2, out, err };
  }
  const wrong = readVariables(command, process.env);
  return wrong === undefined ? read(command) : { exitCode: 2, out: "", err: said(wrong, command) };
}

function said(text: string, command: Command): string {
  return `bulkget: ${escapedStack(text)} (${command.name()} --help)\n`;
}

/** What commander says, in our words, and without what it quotes where that may be a secret: the value of an option misspelt. */
function complaint(text: string, command: Command): string {
  const message = text.trimEnd().replace(/^error: /, "");
  for (const [pattern, words] of WORDS) {
    const match = pattern.exec(message);
    if (match !== null) return words(match.slice(1), command);
  }
  return message.replaceAll("\n", " ");
}

type Words = (parts: readonly string[], command: Command) => string;

/** Each message of commander that there can be. */
const WORDS: readonly (readonly [RegExp, Words])[] = [
  [
    /^option '(.*?)' argument '(.*)' is invalid\. (.*)$/s,
    ([option = "", value = "", wanted = ""]) => refusal(option, value, wanted),
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.*?)'\. (.*)$/s,
    ([value = "", name = "", wanted = ""]) => refusal(name, value, wanted),
  ],
  [/^option '(.*?)' argument missing$/, ([option = ""]) => `${option}: argument missing`],
  [
    /^missing required argument 'list'$/,
    () => "missing required argument 'list': a file with a URL a line, or - for stdin",
  ],
  [
    /^unknown option '(-[^=]*)(=?)/,
    ([name = "", equals = ""], command) => {
      if (command.options.some(({ long, short }) => long === name || short === name)) {
        return `${name} takes no value: it is on where it is written`;
      }
      const flags = [...command.options.map(({ long }) => long ?? ""), "--help"];
      const meant = name.startsWith("--") ? nearest(name, flags) : undefined;
      return `unknown option '${equals === "" ? name.replace(/'$/, "") : `${name}=${HIDDEN}`}'${meant === undefined ? "" : `: did you mean ${meant}?`}`;
    },
  ],
];

/** The list files. */
export function listArgument(): Argument {
  const file = nonBlank("a file with a URL a line, or - for stdin");
  return new Argument("<list...>", "list files, a URL a line; - is stdin; .gz is read as it is").argParser(file);
}

/** An option that reads its variable, too. */
export function option(flags: string, description: string): Option {
  return new Option(flags, description);
}

/** What is wrong with an option, named as --help names it: the words may be the library's, which has other names. */
export function flagged({ message, option: name }: OptionError, command: Command): string {
  const flags = command.options.find((one) => one.attributeName() === (name === "headers" ? "header" : name))?.flags;
  return flags === undefined || /(^| )--?[a-z]/i.test(message) ? message : `${flags}: ${message}`;
}
