// The command line of `bulkget tune`: a list, how far to go, and all that says how URLs are fetched.

import { Command } from "commander";
import { commandLine, type Given } from "./given.ts";
import { type CommandLine, describe, FETCHING, time } from "./options.ts";
import { type Leave, listArgument, option, parsed } from "./parsed.ts";
import { nonBlank, whole } from "./units.ts";

/** What of a run's command line says how URLs are fetched, and more. */
export interface TuneLine {
  readonly fetching: CommandLine;
  readonly lists: readonly string[];
  readonly upTo: number;
  readonly sample: number;
  readonly stepMs: number;
  readonly svg: string;
}

interface TuneGiven extends Given {
  readonly upTo: number;
  readonly sample: number;
  readonly stepTime: number;
  readonly svg: string;
}

const AFTER = `
Fetches a sample of the list with 1, 2, 4, 8 ... URLs at a time, keeps nothing,
and prints what each gave. It stops when more is no faster, or when servers
refuse. The knee is the least that is within 5 % of the fastest.
A list that is called tune: bulkget ./tune
`;

/** Reads the arguments after `tune`. */
export function readTuneLine(argv: readonly string[]): TuneLine | Leave {
  return parsed(describeTune(), argv, (command) => {
    const { upTo, sample, stepTime, svg, ...given } = command.opts<TuneGiven>();
    return { fetching: commandLine(given, command.args), lists: command.args, upTo, sample, stepMs: stepTime, svg };
  });
}

function describeTune(): Command {
  const command = new Command("bulkget tune")
    .usage("[options] <list...>")
    .description("Finds out which -c is best for a list: a table on stdout, and a chart.")
    .addArgument(listArgument())
    .addHelpText("after", AFTER)
    .optionsGroup("Measuring:")
    .addOption(option("--up-to <n>", "URLs at a time, at most").argParser(whole(1, 10_000)).default(256))
    .addOption(option("--sample <n>", "URLs from all over the list").argParser(whole(1, 1_000_000)).default(10_000))
    .addOption(time(option("--step-time <time>", "how long each is measured"), 3000))
    .addOption(option("--svg <file>", "the chart").argParser(nonBlank("the path of a file")).default("tune.svg"))
    .optionsGroup(FETCHING);
  for (const one of describe().options) if (one.helpGroupHeading === FETCHING) command.addOption(one);
  return command.optionsGroup("About:").helpOption("-h, --help", "print this help");
}
