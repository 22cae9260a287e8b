// The man page bulkget(1), in the man macros of roff.

import { type Flags, splitFlags } from "../../options/flags.ts";
import type { Group, Row } from "../../options/row.ts";
import { VERSION } from "../../version.ts";
import { COMMANDS, type CommandInfo } from "../subcommands/commands.ts";
import { blocksOf, type Markup, marked, wrapped } from "./prose.ts";
import { ACTIONS, EXITS, FILES, factsOf, LISTS, ownGroups, VALUES, VARIABLES } from "./sections.ts";

/** Maximum length of a line of the source, so that diffs are readable. */
const COLUMNS = 100;

const { bulkget, tune, extract, report, enqueue, work, watch, completion, help } = COMMANDS;

export function manPage(): string {
  const measuring = tune.groups.filter(({ title }) => title === "Measuring");
  return `.\\" Made by \`npm run docs\` from src/options and src/cli/subcommands/commands.ts.
.TH BULKGET 1 "" "bulkget ${VERSION}" "User Commands"
.SH NAME
bulkget \\- download every URL of a list into numbered files
.SH SYNOPSIS
${[bulkget, tune, extract, report, enqueue, work, watch, completion, help].map(synopsis).join(".br\n")}.SH DESCRIPTION
${text(`${bulkget.summary} Run the same command again to resume.`)}
.SS Lists
${text(LISTS)}
.SH OPTIONS
${bulkget.groups.map(group).join("")}.SS About
${ACTIONS.map(({ flags, details }) => entry(flags, details)).join("")}.SH COMMANDS
.SS ${plain(tune.usage)}
${text(`${tune.summary} ${tune.notes} Its options are those of requests and of the network, and:`)}
${measuring.map(({ rows }) => Object.values<Row>(rows).map(option).join("")).join("")}${[extract, report, enqueue, work, watch].map(ofFolder).join("")}.SS ${plain(completion.usage)}
${text(completion.summary)}
${example(completion.notes)}.SS ${plain(help.usage)}
${text(help.summary)}
.SH VALUES
${text(VALUES)}
.SH ENVIRONMENT
${text(VARIABLES)}
.SH FILES
${text(FILES)}
.SH EXIT STATUS
${text(EXITS)}
.SH EXAMPLES
${example(bulkget.notes.replace("Examples:", ""))}.SH SEE ALSO
.BR curl (1),
.BR wget (1),
.BR jq (1)
`;
}

function synopsis({ usage }: CommandInfo): string {
  const [, command = "", rest = ""] = /^([a-z ]*[a-z])(.*)$/.exec(usage) ?? [];
  return `\\fB${plain(command)}\\fR${plain(rest)}\n`;
}

/** A command that reads an output folder: its notes, options and examples. */
function ofFolder({ usage, summary, notes, groups }: CommandInfo): string {
  const [about = "", examples = ""] = notes.split("Examples:");
  return `.SS ${plain(usage)}
${text(`${summary} ${about}`)}
${ownGroups(groups)
  .map(({ rows }) => Object.values(rows).map(option).join(""))
  .join("")}.PP
${example(examples)}`;
}

function group({ title, rows }: Group): string {
  return `.SS ${title}\n${Object.values(rows).map(option).join("")}`;
}

function option(row: Row): string {
  return entry(row.flags ?? "", `${row.details}\n\n${factsOf(row)}`);
}

function entry(flags: string, details: string): string {
  return `.TP\n${head(splitFlags(flags))}\n${text(details, ".IP")}\n`;
}

function head({ letter, name, placeholder }: Flags): string {
  const names = [letter, name].flatMap((one) => (one === undefined ? [] : [`\\fB${plain(one)}\\fR`]));
  return `${names.join(", ")}${placeholder === undefined ? "" : ` \\fI${plain(placeholder)}\\fR`}`;
}

const MARKUP: Markup = {
  code: (code) => `\\fB${plain(code)}\\fR`,
  flag: (flag) => `\\fB${plain(flag)}\\fR`,
  plain,
};

/** Paragraphs and lists; `separator` is the macro between them. */
function text(prose: string, separator = ".PP"): string {
  return blocksOf(prose)
    .map((block) => {
      if ("paragraph" in block) return lines(block.paragraph);
      const items = block.items.map(({ term, meaning }) => `.TP\n\\fB${plain(term)}\\fR\n${lines(meaning)}\n`);
      return `.RS\n${items.join("")}.RE`;
    })
    .join(`\n${separator}\n`);
}

function lines(paragraph: string): string {
  return wrapped(marked(paragraph, MARKUP), COLUMNS, 0).replace(/^(?=[.'])/gm, "\\&");
}

/** Lines that are not filled. */
function example(notes: string): string {
  return `.nf\n${plain(notes.trim()).replace(/^ +/gm, "")}\n.fi\n`;
}

/** Escapes the characters that roff interprets. */
function plain(words: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\\": "\\e",
    "-": "\\-",
    "'": "\\(aq",
    '"': "\\(dq",
    "~": "\\(ti",
    "^": "\\(ha",
    "`": "\\(ga",
  };
  return words.replace(/[\\\-'"~^`]/g, (character) => escapes[character] ?? character);
}
