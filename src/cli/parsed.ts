// Hands a command line to commander, and keeps what it would print; every option also reads a variable.

import { type Command, CommanderError, Option } from "commander";
import { HIDDEN } from "../core/redact.ts";
import { escapedStack } from "../report/escape.ts";

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
  const command = described.exitOverride().configureOutput({
    writeOut: (text) => {
      out += text;
    },
    writeErr: (text) => {
      err += text;
    },
    outputError: (text, write) => write(`bulkget: ${escapedStack(complaint(text))} (bulkget --help)\n`),
    getOutHelpWidth: () => 80,
    getErrHelpWidth: () => 80,
  });
  try {
    command.parse(argv, { from: "user" });
    return read(command);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : 2, out, err };
  }
}

/** What commander says, without what it quotes where that may be a secret: a header, or the value of an option misspelt. */
function complaint(text: string): string {
  return text
    .replace(/^error: /, "")
    .replace(/^(option '-H, --header <header>' argument ')[\s\S]*(' is invalid)/, `$1${HIDDEN}$2`)
    .replace(/^(option '-H, --header <header>' value ')[\s\S]*(' from env )/, `$1${HIDDEN}$2`)
    .replace(/^(unknown option '--[^=']*=)[\s\S]*(')/, `$1${HIDDEN}$2`)
    .trimEnd();
}

/** An option that reads its variable, too. */
export function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  const variable = `BULKGET_${made.name().toUpperCase().replaceAll("-", "_")}`;
  const said = process.env[variable];
  // A switch is off for what people write to switch something off.
  const off = !made.required && /^(0|false|no|off|)$/i.test(said ?? "");
  if (said !== undefined && !off) made.env(variable);
  return made;
}
