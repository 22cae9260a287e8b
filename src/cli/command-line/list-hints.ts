// Hints about lists on the command line: a misspelt subcommand, the folder to save into, standard input that is a terminal.

import { existsSync, statSync } from "node:fs";
import { LAYOUT } from "../../core/layout.ts";
import { escaped } from "../../core/text/escape.ts";
import { nearest } from "../../options/nearest.ts";
import { SUBCOMMAND_NAMES } from "../subcommands/subcommands.ts";

/** Returns why a path of the command line is no list, and what was meant; undefined if that is not clear. */
export function mistakenList(paths: readonly string[]): string | undefined {
  for (const [index, path] of paths.entries()) {
    const meant = index === 0 ? misspeltSubcommand(path) : undefined;
    if (meant !== undefined) return meant;
    if (path !== "-" && existsSync(path) && statSync(path).isDirectory()) return folderHint(path, paths.length);
  }
  return undefined;
}

/** Returns the hint for a first word that is no file, and spelt nearly like a subcommand. */
export function misspeltSubcommand(word: string): string | undefined {
  if (!/^[a-z]{2,12}$/.test(word) || existsSync(word)) return undefined;
  const meant = nearest(word, SUBCOMMAND_NAMES);
  return meant && `there is no file ${word}; did you mean bulkget ${meant}?`;
}

/** Prints what to do where standard input is the list, and a terminal: nothing else would show that it is waited for. */
export function terminalHint(paths: readonly string[], print: (text: string) => void): void {
  if (paths.includes("-") && process.getBuiltinModule("node:tty").isatty(0))
    print("reading URLs from this terminal, one per line, until ^D on a line of its own");
}

/** A path that can be typed as it is. */
const PLAIN = /^[\w./][\w./-]*$/;

/** A folder as the only list is most likely an earlier run's, and beside a list the one to save into. */
function folderHint(path: string, count: number): string {
  const refusal = `${escaped(path)}: the list cannot be read: it is a folder`;
  if (!PLAIN.test(path)) return refusal;
  const folder = path.replace(/(?<=.)\/+$/, "");
  const failures = `${folder}/${LAYOUT.failedList}`;
  if (count === 1 && existsSync(failures))
    return `${refusal}; to try its failures again: bulkget ${failures} -o ${folder}`;
  return `${refusal}; to save into it: -o ${folder}`;
}
