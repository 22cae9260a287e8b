// Breaks the lines of a summary between words, for the columns of a terminal; a command so that a shell takes it as it was.

import { widthOf } from "./fit.ts";

/** Columns of the names at the beginning of lines, such as "saved   ". */
const LABEL_COLUMNS = 8;

/** Blanks before what goes on below an indented line, in a terminal that is not narrow. */
export const WRAPPED_INDENT = LABEL_COLUMNS + 2;

/** Part of the columns that lines after a break leave free in a narrow terminal. */
const INDENT_SHARE = 0.25;

/** Colours, which take no columns. */
const COLOUR = /\u001b\[\d+m/g;

/** The words of a command: blanks between quotes, and behind a backslash, are part of a word. */
const COMMAND_WORD = /(?:'[^']*'|\\.|[^\s'\\]|['\\])+/gs;

/** Blanks at which a line may be broken: not those between a number and its unit. */
const BLANK = /(?<!\d) | (?!(?:ms|s|min|h|d|B|[KMGTP]iB|URL\/s)(?:[^\p{L}]|$))/u;

/** Returns the line, with line feeds instead of the blanks at which it is broken. A word that is too long stays whole. */
export function wrapped(line: string, columns: number): string {
  if (shownWidth(line) <= columns) return line;
  const [label = ""] = /^(?:\S+ +| +)/.exec(line) ?? [];
  const isSubordinate = label.trim() === "";
  const indent = indentOf(isSubordinate ? WRAPPED_INDENT : LABEL_COLUMNS, columns);
  return filled(label, line.slice(label.length).split(BLANK), { columns, indent, mark: "" });
}

/** Returns a command with its label before it. Lines that are broken end with a backslash. */
export function brokenCommand(label: string, command: string, columns: number): string {
  const whole = label + command;
  if (widthOf(whole) <= columns) return whole;
  const indent = indentOf(label.length + 2, columns);
  return filled(label, withValues(command.match(COMMAND_WORD) ?? []), { columns, indent, mark: " \\" });
}

/** The same with a remark behind it, or below it. */
export function wrappedCommand(label: string, command: string, remark: string, columns: number): string {
  const whole = `${label}${command}  ${remark}`;
  if (widthOf(whole) <= columns) return whole;
  const indent = indentOf(label.length, columns);
  const below = filled(indentText(indent), remark.split(" "), { columns, indent, mark: "" });
  return `${brokenCommand(label, command, columns)}\n${below}`;
}

interface Filling {
  readonly columns: number;
  /** Blanks at the beginning of all lines but the first. */
  readonly indent: number;
  /** What all lines but the last end with. */
  readonly mark: string;
}

/** Fills lines with words. */
function filled(label: string, words: readonly string[], { columns, indent, mark }: Filling): string {
  const lines: string[] = [];
  let line = label;
  let isEmpty = true;
  for (const [i, word] of words.entries()) {
    const room = columns - (i < words.length - 1 ? mark.length : 0);
    const longer = isEmpty ? line + word : `${line} ${word}`;
    if (isEmpty || shownWidth(longer) <= room) line = longer;
    else {
      lines.push(line.trimEnd() + mark);
      line = indentText(indent) + word;
    }
    // Of several blanks in a row, none begins a line.
    isEmpty = word === "" && line.trim() === "";
  }
  return [...lines, line].join("\n");
}

/** Joins options and what follows them, which may be their values. */
function withValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (last?.startsWith("-") === true && !last.includes(" ") && !word.startsWith("-"))
      joined.push(`${joined.pop()} ${word}`);
    else joined.push(word);
  }
  return joined;
}

function indentOf(most: number, columns: number): number {
  return Math.min(most, Math.round(columns * INDENT_SHARE));
}

function indentText(indent: number): string {
  return " ".repeat(indent);
}

function shownWidth(text: string): number {
  return widthOf(text.replace(COLOUR, ""));
}
