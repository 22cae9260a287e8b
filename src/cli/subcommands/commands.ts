// Usage, summary and operands of the command and its subcommands, for help, man page and completions.

import type { Group } from "../../options/row.ts";
import { EXTRACTING } from "../../options/rows/extract.ts";
import { ENQUEUE, WATCH, WORK } from "../../options/rows/fleet.ts";
import { READING } from "../../options/rows/lists.ts";
import { NETWORK } from "../../options/rows/network.ts";
import { REPORT } from "../../options/rows/report.ts";
import { REQUESTS } from "../../options/rows/requests.ts";
import { MEASURING } from "../../options/rows/tune.ts";
import { RUN_GROUPS } from "../../options/table.ts";
import { ENQUEUED, WATCHED, WORKED } from "./fleet-rows.ts";

export interface CommandInfo {
  readonly usage: string;
  readonly summary: string;
  /** Text after the options of its help. */
  readonly notes: string;
  readonly groups: readonly Group[];
  /** The operand, and its noun in messages; undefined where there is none. */
  readonly argument?: {
    readonly name: string;
    readonly noun: string;
    readonly choices?: readonly string[];
    readonly isOptional?: true;
    /** The key of an option that goes in the place of the operand. */
    readonly unless?: string;
  };
}

const LIST = { name: "list", noun: "a file with one URL per line, a URL, or - for stdin" } as const;

export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One row per command. A subcommand is the first word of a command line; a list with such a name is typed as ./tune. */
export const COMMANDS = {
  bulkget: {
    usage: "bulkget [options] <list...>",
    summary: "Downloads every URL of a list into numbered files: line 42 becomes 000042.",
    groups: RUN_GROUPS,
    argument: { ...LIST, unless: "listUrl" },
    notes: `
Examples:
  bulkget urls.txt -c 50                     into downloads/, by line number
  zcat big.gz | bulkget - -o out --report -  records to stdout as they come
  bulkget urls.txt -u -q --fail-on 5%        for cron: 1 if 5 % or more fail
`,
  },
  tune: {
    usage: "bulkget tune [options] <list...>",
    summary: "Measures which -c is best for a list; prints a table, and draws a chart.",
    groups: [
      { title: "Measuring", rows: MEASURING },
      { title: "Lists", rows: READING },
      { title: "Requests", rows: REQUESTS },
      { title: "Network", rows: NETWORK },
    ],
    argument: LIST,
    notes: `
Fetches a sample of the list with 1, 2, 4, 8 ... concurrent requests, saves
nothing, and prints the throughput of each. It stops when more requests are no
faster, or when servers refuse. The knee is the lowest number that is within
5 % of the fastest. A list that is itself called tune: bulkget ./tune
`,
  },
  extract: {
    usage: "bulkget extract [options] <folder> <n...>",
    summary: "Writes saved bodies to stdout or files, out of files and archives alike.",
    groups: [{ title: "Output", rows: EXTRACTING }],
    argument: { name: "folder", noun: "an output folder, and behind it the numbers of lines" },
    notes: `
The folder is that of a run, over or under way, or its s3://bucket/prefix; n is
the number of a line. A body is checked against its record: length, and digests
where it has them. A line that was not saved is reported, the others are
written, and the exit code is 1.

Examples:
  bulkget extract downloads 42 > page.html
  bulkget extract archives 7 8 9 -o some/    000007.jpg, 000008.jpg, 000009.png
`,
  },
  report: {
    usage: "bulkget report [options] <folder...>",
    summary: "Prints what came of the runs in a folder, as text, JSON or Parquet.",
    groups: [{ title: "Output", rows: REPORT }],
    argument: { name: "folder", noun: "the output folder of a run; several are one run" },
    notes: `
Counts, failures by kind and host, types, times and the slowest lines, out of
results.jsonl: the last record of each line counts. The folder is only read; a
run may be under way in it. A list that is itself called report: bulkget ./report

Examples:
  bulkget report downloads
  bulkget report downloads --json | jq .counts
  bulkget report part1 part2 --parquet records.parquet
`,
  },
  enqueue: {
    usage: "bulkget enqueue [options] <list...>",
    summary: "Splits a list into chunks, and puts them into a queue for workers on any number of machines.",
    groups: [{ title: "Queue", rows: ENQUEUE }, ...ENQUEUED],
    argument: { ...LIST, unless: "listUrl" },
    notes: `
The chunks are downloaded by bulkget work. All machines reach the output folder
and the list by the same paths. The options of the run are given here, and hold
for each worker. Run the same command again to enqueue what has no results. It
needs the packages bullmq and ioredis. A list that is itself called enqueue:
bulkget ./enqueue

Examples:
  bulkget enqueue urls.txt -o /data/out -c 50 --queue redis://queue:6379
  bulkget work -w 4 --queue redis://queue:6379
  bulkget watch --queue redis://queue:6379
`,
  },
  work: {
    usage: "bulkget work [options]",
    summary: "Downloads the chunks of a queue, until a signal ends it.",
    groups: [{ title: "Queue", rows: WORK }, ...WORKED],
    notes: `
SIGTERM lets URLs in flight finish, for 5 seconds at most, and gives the chunk
back. A killed worker's chunk is another's after --lease. A list that is itself
called work: bulkget ./work

Examples:
  bulkget work -w 4 --queue redis://queue:6379
  BULKGET_QUEUE=redis://queue:6379 bulkget work --until-done
`,
  },
  watch: {
    usage: "bulkget watch [options]",
    summary: "Shows how far a fleet is, until its list is done.",
    groups: [{ title: "Queue", rows: WATCH }, ...WATCHED],
    notes: `
Shows the bar, the hosts and the summary of all workers together. It may be
ended and started again at any time. A list that is itself called watch:
bulkget ./watch

Examples:
  bulkget watch --queue redis://queue:6379
  bulkget watch -o /data/out --metrics 9100 --queue redis://queue:6379
`,
  },
  completion: {
    usage: "bulkget completion <shell>",
    summary: "Prints a completion script for bash, zsh or fish.",
    groups: [],
    argument: { name: "shell", noun: `one of ${SHELLS.join(", ")}`, choices: SHELLS },
    notes: `
bash, in ~/.bashrc:                      source <(bulkget completion bash)
zsh, in ~/.zshrc, behind compinit:       source <(bulkget completion zsh)
fish, in ~/.config/fish/config.fish:     bulkget completion fish | source
`,
  },
  help: {
    usage: "bulkget help [topic]",
    summary: "Prints help: all (every option in detail), tune, extract, report, enqueue, work, watch, completion.",
    groups: [],
    argument: {
      name: "topic",
      noun: "one of all, tune, extract, report, enqueue, work, watch, completion, help",
      choices: ["all", "tune", "extract", "report", "enqueue", "work", "watch", "completion", "help"],
      isOptional: true,
    },
    notes: "",
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;

export type CommandName = keyof typeof COMMANDS;
