// Sections that help, man page and docs/options.md share: lists, values, variables, files, exit codes.

import { splitFlags, variableOf } from "../../options/flags.ts";
import type { Group, Row } from "../../options/row.ts";
import { TABLE } from "../../options/table.ts";
import { shownDefault } from "../command-line/value-types.ts";
import { EXIT_CODES } from "../exit-code.ts";

/** A flag that prints a page instead of starting a run. It has no row in the option table. */
export interface Action {
  readonly flags: string;
  readonly summary: string;
  readonly details: string;
}

export const ACTIONS: readonly Action[] = [
  {
    flags: "-h, --help [all]",
    summary: "print this help; all: every option in detail",
    details: `Prints the help: all options, one line each. "--help all" prints each option in detail.`,
  },
  { flags: "-V, --version", summary: "print the version", details: "Prints the version." },
];

export const LISTS = `
  Each list is a file with one URL per line, a table (CSV, TSV, JSON lines, Parquet) with a column "url", or a sitemap; "-" is standard
  input, and gzip and zstd are read as they are. Blank lines and lines that begin with
  "#" are skipped but keep their number. Behind the URL a line may have columns, each after a TAB: a file name (or "name=..."), a line
  number ("n=42"), and a digest of the body ("sha256=...", "md5=...", "sha1=..." or "sha512=...").`;

export const VALUES = `
  - <time>: 500ms, 10s, 5m, 2h, 1d; a number without a unit is in seconds
  - <size>: 500, 10k, 2M, 1G, 1T, in units of 1024 bytes
  - <n/s>: 5, 0.5, 10/s, 30/m, 100/h; a number without a unit is per second
  - <limit>: a number such as 10, or a share such as 5% of the finished URLs`;

export const VARIABLES = `
  Each option also has a variable, "BULKGET_" and the name of its flag: "BULKGET_MAX_TIME=5m" is --max-time 5m. A variable is used when
  the command line does not have the option. A switch is on with 1, true, yes or on, and off with 0, false, no, off or nothing.

  "NO_COLOR" and "FORCE_COLOR" turn colors off and on. "http_proxy", "https_proxy", "all_proxy" and "no_proxy" apply without
  --proxy. "NETRC" names the file for --netrc.`;

export const FILES = `
  - downloads/000001.jpg: the body of line 1; a file with its final name is complete
  - downloads/results.jsonl: one record per finished URL, as a line of JSON
  - downloads/failed.txt: the failed lines, if any; it is a list itself
  - downloads/runs.jsonl: two lines per run, when it began and how it ended
  - downloads/gone/: files whose name or number another line needed
  - downloads/.bulkget/: lock and partial bodies of a run`;

export const EXITS = `
${Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `  - ${code}: ${meaning}`)
  .join("\n")}

  After the first signal, what is in flight gets 5 seconds to finish; a second signal ends the run at once. A signal that was ignored
  at the start (nohup, "trap '' TERM") stays ignored.`;

/** The facts of a row: "Default", "Choices" and "Variable", if it has them. */
export function variableAndDefault(row: Row): readonly (readonly [string, string])[] {
  const facts: (readonly [string, string | undefined])[] = [
    ["Default", shownDefault(row)],
    ["Choices", row.flags === undefined ? undefined : choicesOf(row)],
    ["Variable", variableOf(row)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** "Default: 50. Variable: BULKGET_CONCURRENCY." */
export function factsOf(row: Row): string {
  return variableAndDefault(row)
    .map(([name, value]) => `${name}: ${value}.`)
    .join(" ");
}

/** The choices of an option; undefined for other types. */
export function choicesOf({ type, choices = [] }: Row): string | undefined {
  return type.startsWith("choice") ? choices.join(", ") : undefined;
}

/** All flags of the command, for links. */
export const FLAG_NAMES: ReadonlySet<string> = new Set(
  Object.values<Row>(TABLE).flatMap(({ flags }) => (flags === undefined ? [] : [splitFlags(flags).name])),
);

/** The options that only this command has: those of the run, and what all commands of the fleet have, are described once. */
export function ownGroups(groups: readonly Group[]): readonly Group[] {
  return groups
    .filter(({ title }) => title === "Output" || title === "Queue")
    .map(({ title, rows }) => {
      const isFirst = Object.hasOwn(rows, "chunkLines");
      const own = Object.entries(rows).filter(([key]) => isFirst || (key !== "queue" && key !== "watched"));
      return { title, rows: Object.fromEntries(own) };
    });
}
