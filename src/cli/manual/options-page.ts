// The page docs/options.md: each option in detail, with its variable and its name in the library.

import { splitFlags } from "../../options/flags.ts";
import type { Group, Row, Rows } from "../../options/row.ts";
import { LIBRARY } from "../../options/rows/library.ts";
import { rangeOf } from "../../options/types.ts";
import { COMMANDS, type CommandInfo } from "../subcommands/commands.ts";
import { blocksOf, type Markup, marked, wrapped } from "./prose.ts";
import { ACTIONS, EXITS, FLAG_NAMES, ownGroups, VALUES, VARIABLES, variableAndDefault } from "./sections.ts";

const COLUMNS = 120;

export function optionsPage(): string {
  const { bulkget, tune, extract, report, enqueue, work, watch, completion } = COMMANDS;
  const groups: readonly Group[] = bulkget.groups;
  const measuring: readonly Group[] = tune.groups.filter(({ title }) => title === "Measuring");
  return `# Options

<!-- Made by \`npm run docs\` from src/options: edit the rows there. -->

All options of the command and of the library; \`bulkget --help all\` and \`man bulkget\` show the same. An option that the library
has as well names its key there; the library takes times in milliseconds and sizes in bytes.

${groups.map(overview).join("\n")}
${groups.map(section).join("\n")}
## About

${ACTIONS.map(({ flags, details }) => `\`${flags}\`\n\n${text(details)}\n`).join("\n")}
## Only in the library

${entries(LIBRARY)}
## bulkget tune

${text(`${tune.summary} ${tune.notes} It has the options of [requests](#requests) and of the [network](#network), and:`)}

${measuring.map(({ rows }) => entries(rows)).join("")}
${ofFolder("extract", extract)}
${ofFolder("report", report)}
${ofFolder("enqueue", enqueue)}
${ofFolder("work", work)}
${ofFolder("watch", watch)}
## Values

${text(VALUES)}

## Variables

${text(VARIABLES)}

## Exit codes

${text(EXITS)}

## Completions

${text(`${completion.summary} Flags, choices and file names are completed.`)}

${completion.notes.trim().replace(/^(\w+), in ([^:,]+)(.*?): +(.*)$/gm, "- $1: `$4` in `$2`$3")}
`;
}

/** A command that reads an output folder: its notes, examples and options. */
function ofFolder(name: string, { summary, notes, groups }: CommandInfo): string {
  const [about = "", examples = ""] = notes.split("Examples:");
  return `## bulkget ${name}

${text(`${summary} ${about}`)}

\`\`\`text
${examples.replace(/^ +/gm, "").trim()}
\`\`\`

${ownGroups(groups)
  .map(({ rows }) => entries(rows))
  .join("")}`;
}

function overview({ title, rows }: Group): string {
  const lines = Object.values(rows).map(({ flags = "", summary }) => {
    const { name } = splitFlags(flags);
    return `| [\`${flags.replaceAll("|", "\\|")}\`](#${name}) | ${summary} |`;
  });
  return `| [${title}](#${title.toLowerCase().replaceAll(" ", "-")}) | |\n| --- | --- |\n${lines.join("\n")}\n`;
}

function section({ title, rows }: Group): string {
  return `## ${title}\n\n${entries(rows)}`;
}

function entries(rows: Rows): string {
  return Object.entries(rows)
    .map(([key, row]) => {
      const { flags, details } = row;
      const name = flags === undefined ? key : splitFlags(flags).name;
      const heading = flags === undefined || flags === name ? `### ${name}\n` : `### ${name}\n\n\`${flags}\`\n`;
      return `${heading}\n${text(details)}\n\n${wrapped(facts(key, row), COLUMNS, 0)}\n`;
    })
    .join("\n");
}

function facts(key: string, row: Row): string {
  const { notInLibrary } = row;
  const parts = [
    ...variableAndDefault(row).map(([name, value]) => `${name}: ${value === row.otherwise ? value : `\`${value}\``}.`),
    notInLibrary === undefined ? `Library: \`${key}\`${ofLibrary(row)}.` : `Not in the library: ${notInLibrary}.`,
  ];
  return parts.join(" ");
}

/** The library's values of a row, if they are numbers or more than the command accepts. */
function ofLibrary(row: Row): string {
  const numbers = ["whole", "duration", "size", "speed", "rate"];
  const words = (row.choices ?? []).map((word) => (typeof word === "string" ? `"${word}"` : String(word)));
  if (numbers.includes(row.type)) return `, ${[rangeOf(row), ...words].join(", or ")}`;
  return row.type === "choice or function" ? ", one of them or a function" : "";
}

const MARKUP: Markup = {
  code: (code) => `\`${code}\``,
  flag: (flag) => (FLAG_NAMES.has(flag) ? `[\`${flag}\`](#${flag})` : `\`${flag}\``),
  plain: (words) => words.replace(/[<*]/g, "\\$&"),
};

function text(prose: string): string {
  return blocksOf(prose)
    .map((block) => {
      if ("paragraph" in block) return wrapped(marked(block.paragraph, MARKUP), COLUMNS, 0);
      const items = block.items.map(({ term, meaning }) => `- \`${term}\`: ${marked(meaning, MARKUP)}`);
      return items.map((item) => wrapped(item, COLUMNS, 0).replaceAll("\n", "\n  ")).join("\n");
    })
    .join("\n\n");
}
