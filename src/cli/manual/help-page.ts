// The pages of `--help` and `--help all`: one line per option, or each option in detail.

import type { Row } from "../../options/row.ts";
import type { Page } from "../command-line/commander.ts";
import { shownDefault } from "../command-line/value-types.ts";
import { COMMANDS, type CommandInfo } from "../subcommands/commands.ts";
import { blocksOf, wrapped } from "./prose.ts";
import { ACTIONS, EXITS, FILES, factsOf, LISTS, VALUES, VARIABLES } from "./sections.ts";

/** The width of a default terminal. */
const COLUMNS = 80;
/** Column at which the summaries of the short help begin. */
const SUMMARY_COLUMN = 28;

export function helpText({ command, isFull }: Exclude<Page, "version">): string {
  const info: CommandInfo = COMMANDS[command];
  const top = `Usage: ${info.usage}\n\n${info.summary}\n`;
  if (!isFull) return `${top}${shortOptions(info)}${info.notes}${command === "bulkget" ? MORE : ""}`;
  return `${top}${fullOptions(info)}${info.notes}${command === "bulkget" ? fullSections() : ""}`;
}

const MORE = `Times: 500ms 10s 5m 2h, or seconds without a unit. Sizes: 500 10k 2M 1G.
Each option in detail, exit codes, BULKGET_* variables: bulkget --help all
More commands: bulkget tune, extract, report, enqueue, work, watch, completion
(see bulkget help tune)
`;

function shortOptions({ groups }: CommandInfo): string {
  const parts = groups.map(({ title, rows }) => `\n${title}:\n${lines(Object.values(rows))}`);
  return groups.length === 0 ? `\n${lines(ACTIONS.slice(0, 1))}` : `${parts.join("")}${lines(ACTIONS)}`;
}

/** A row, or an action (which has no type). */
type Brief = Pick<Row, "flags" | "summary"> & Partial<Row>;

function lines(rows: readonly Brief[]): string {
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** An option with its default. The text for no default is left out where it does not fit. */
function line({ flags, summary, ...row }: Brief): string {
  const start = `  ${flags}`.padEnd(SUMMARY_COLUMN) + summary;
  const value = row.type === undefined ? undefined : shownDefault({ ...row, type: row.type });
  const whole = `${start} (default: ${value})`;
  return value === undefined || (row.otherwise !== undefined && whole.length > COLUMNS) ? start : whole;
}

function fullOptions({ groups }: CommandInfo): string {
  const parts = groups.map(
    ({ title, rows }) =>
      `\n${title}:\n${Object.values(rows)
        .map((row) => entry(row.flags ?? "", row.details, factsOf(row)))
        .join("")}`,
  );
  return `${parts.join("")}\nAbout:\n${ACTIONS.map(({ flags, details }) => entry(flags, details)).join("")}`;
}

function entry(head: string, details: string, facts = ""): string {
  const paragraphs = facts === "" ? details : `${details}\n\n${facts}`;
  return `\n  ${head}\n${body(paragraphs, 6)}\n`;
}

function body(text: string, indent: number): string {
  return blocksOf(text)
    .map((block) => {
      if ("paragraph" in block) return wrapped(block.paragraph, COLUMNS, indent);
      const width = Math.max(...block.items.map(({ term }) => term.length)) + 2;
      return block.items
        .map(({ term, meaning }) => {
          const at = " ".repeat(indent + 2) + term.padEnd(width);
          return at + wrapped(meaning, COLUMNS, at.length).trimStart();
        })
        .join("\n");
    })
    .join("\n\n");
}

function fullSections(): string {
  const { bulkget: _, ...others } = COMMANDS;
  const commands = Object.values(others).map(({ usage, summary }) => `- ${usage}: ${summary}`);
  const sections = { Lists: LISTS, Values: VALUES, Variables: VARIABLES, Files: FILES, "Exit codes": EXITS };
  const texts = { ...sections, "More commands": commands.join("\n") };
  return Object.entries(texts)
    .map(([title, text]) => `\n${title}:\n${body(text, 2)}\n`)
    .join("");
}
