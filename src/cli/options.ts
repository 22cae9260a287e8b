// The command line: what there is to say, in groups by intent, and what it is read into.

import { Command, type Option } from "commander";
import { SCHEDULE_DEFAULTS } from "../app/download.ts";
import { FETCH_DEFAULTS } from "../app/http-client.ts";
import { OUTPUT_DEFAULTS } from "../app/output.ts";
import type { Directive } from "../http/robots/robots-tag.ts";
import { OPTIONS } from "../options/table.ts";
import { type FailOn, parseFailOn } from "../policy/fail-on.ts";
import { VERSION } from "../version.ts";
import { commandLine, type Given } from "./given.ts";
import { type Leave, listArgument, option, parsed } from "./parsed.ts";
import {
  added,
  directives,
  duration,
  failOn,
  header,
  maxFailures,
  nonBlank,
  perSecond,
  several,
  size,
  speed,
  statuses,
  wholeOf,
  wholeOrAuto,
} from "./units.ts";
import { misspeltVariables } from "./variables.ts";

export interface CommandLine {
  readonly lists: readonly string[];
  readonly outputDir: string;
  readonly name: string;
  readonly perDir?: number;
  readonly force: boolean;
  readonly prune: boolean;
  readonly update: boolean;
  readonly retryFailed: boolean;
  readonly allowEmpty: boolean;
  readonly dedupe: boolean;
  readonly hash?: "sha256";
  readonly durability: "none" | "run" | "file";
  readonly minFree: number;
  readonly concurrency: number | "auto";
  readonly perHost?: number;
  readonly rate?: number;
  readonly hostRate?: number;
  readonly limitRate?: number;
  readonly order: "fair" | "list" | "longest";
  readonly workers: number | "auto";
  readonly retries: number;
  readonly retryOn?: readonly number[];
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly minSpeed: number;
  readonly maxTimeMs?: number;
  readonly maxRedirs: number;
  readonly maxFilesize?: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly userAgent: string;
  readonly cookie?: readonly string[];
  readonly noCookies: boolean;
  readonly netrc: boolean;
  readonly netrcFile?: string;
  readonly proxy?: string;
  readonly insecure: boolean;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly publicOnly: boolean;
  readonly resolve: readonly string[];
  readonly unixSocket?: string;
  readonly compressed: boolean;
  readonly http2: boolean;
  readonly robots: boolean;
  readonly respect?: readonly Directive[];
  readonly report?: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly progress: "auto" | "bar" | "plain" | "none";
  readonly failOn: FailOn;
  readonly maxFailures?: FailOn;
  readonly deadlineMs?: number;
}

const filePath = nonBlank("the path of a file");
const DEFAULTS = { ...OUTPUT_DEFAULTS, ...SCHEDULE_DEFAULTS, ...FETCH_DEFAULTS };

const AFTER = `
Examples:
  bulkget urls.txt -c 50                     into downloads/, by line number
  zcat big.gz | bulkget - -o out --report -  records to stdout as they come
  bulkget urls.txt -u -q --fail-on 5%        for cron: 1 if 5 % or more fail
  bulkget tune urls.txt                      which -c is best: a table, a chart

Exit codes:
  0 finished          1 finished, too many URLs failed (--fail-on)
  2 usage or list     3 stopped: local disk
  4 stopped early (--deadline, --max-failures): run it again to go on
  5 another run holds the folder                        70 a bug in bulkget
  129, 130, 143 stopped by SIGHUP, SIGINT, SIGTERM (again: at once)

Durations: 500ms 10s 5m 2h, a bare number is seconds. Sizes: 500 10k 2M 1G.
Every option also reads BULKGET_<NAME>, such as BULKGET_MAX_TIME=5m.
`;

export type { Leave };

/** Reads the arguments after `node script`, and the environment's BULKGET_ variables. */
export function readCommandLine(argv: readonly string[]): CommandLine | Leave {
  return parsed(describe(), argv, (command) => commandLine(command.opts<Given>(), command.args));
}

/** What there is to say of BULKGET_ variables that are no option's, and are spelt nearly like one. */
export function misspelt(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const isAny = Object.keys(env).some((name) => /^bulkget_/i.test(name));
  return isAny ? misspeltVariables(describe(), env) : [];
}

/** The options of this group say how URLs are fetched, whatever for. */
export const FETCHING = "Fetching:";

export function describe(): Command {
  return new Command("bulkget")
    .usage("[options] <list...>")
    .description("Downloads every URL of a list into numbered files: line 42 becomes 000042.")
    .addArgument(listArgument())
    .addHelpText("after", AFTER)
    .optionsGroup("Output:")
    .addOption(
      option("-o, --output-dir <dir>", "folder to save into")
        .argParser(nonBlank("the path of a folder (. is this one)"))
        .default(DEFAULTS.outputDir),
    )
    .addOption(
      option("--name <template>", "also {n} {host} {path} {basename} {stem}; / makes folders").default(DEFAULTS.name),
    )
    .addOption(
      option("--per-dir <n>", "folders of so many lines: 000/000042 with 1000").argParser(wholeOf(OPTIONS.perDir)),
    )
    .addOption(option("--force", "start over: remove what an earlier run saved there"))
    .addOption(option("--prune", "remove what was saved of lines no longer in the list"))
    .addOption(option("-u, --update", "fetch again what has changed on the server"))
    .addOption(option("--retry-failed", "also try again what failed for good"))
    .addOption(option("--dedupe", "fetch a URL that comes again once, and link its files"))
    .addOption(option("--hash <kind>", "put every file's digest into its record").choices(OPTIONS.hash.choices))
    .addOption(
      option("--durability <level>", "what a power loss may cost")
        .choices(OPTIONS.durability.choices)
        .default(DEFAULTS.durability),
    )
    .addOption(
      option("--min-free <size>", "stop when so little is free, 0: never")
        .argParser(size)
        .default(DEFAULTS.minFree, "64M"),
    )
    .optionsGroup("Scheduling:")
    .addOption(
      option("-c, --concurrency <n>", "URLs at a time; auto finds it while running")
        .argParser(wholeOrAuto(OPTIONS.concurrency))
        .default(DEFAULTS.concurrency),
    )
    .addOption(option("--per-host <n>", "of these on one host (default: all)").argParser(wholeOf(OPTIONS.perHost)))
    .addOption(option("--rate <n/s>", "URLs started a second (default: no limit)").argParser(perSecond))
    .addOption(option("--host-rate <n/s>", "the same on one host").argParser(perSecond))
    .addOption(option("--limit-rate <size/s>", "bytes a second, all together").argParser(speed))
    .addOption(
      option("--workers <n|auto>", "processes that fetch")
        .argParser(wholeOrAuto({ least: 1, most: 64 }))
        .default(1),
    )
    .addOption(option("--order <how>", "which host is next").choices(OPTIONS.order.choices).default(DEFAULTS.order))
    .addOption(
      option("--retries <n>", "more tries where they may help")
        .argParser(wholeOf(OPTIONS.retries))
        .default(DEFAULTS.retries),
    )
    .addOption(option("--retry-on <statuses>", "such as 429,503 (default: all that may pass)").argParser(statuses))
    .optionsGroup(FETCHING)
    .addOption(time(option("--connect-timeout <time>", "DNS, TCP, TLS and proxy together"), DEFAULTS.connectTimeoutMs))
    .addOption(time(option("--timeout <time>", "to the end of the headers; then for silence"), DEFAULTS.timeoutMs))
    .addOption(time(option("--max-time <time>", "one URL, redirects included (default: none)")))
    .addOption(
      option("--min-speed <size>", "bytes/s over a minute, 0 for any").argParser(size).default(DEFAULTS.minSpeed),
    )
    .addOption(option("--max-filesize <size>", "largest body to save (default: none)").argParser(size))
    .addOption(
      option("--max-redirs <n>", "redirects to follow")
        .argParser(wholeOf(OPTIONS.maxRedirs))
        .default(DEFAULTS.maxRedirs),
    )
    .addOption(
      option("-H, --header <header>", "add a header, such as 'Accept: text/*'; again for more").argParser(header),
    )
    .addOption(option("-A, --user-agent <name>", "name to go by").default(DEFAULTS.userAgent))
    .addOption(option("-b, --cookie <data|file>", "'a=b; c=d' or a cookie file; keeps what is set").argParser(added))
    .addOption(option("--no-cookies", "keep no cookies that redirects set"))
    .addOption(option("-n, --netrc", "user and password from ~/.netrc or $NETRC"))
    .addOption(option("--netrc-file <file>", "the same from this file").argParser(filePath))
    .addOption(option("-x, --proxy <url>", "http, https, socks5, socks5h (default: environment)"))
    .addOption(option("--public-only", "refuse private, local and reserved addresses"))
    .addOption(
      option("--resolve <host:port:ip>", "where a host is, before DNS; again for more").argParser(
        several("an entry host:port:address[,address]"),
      ),
    )
    .addOption(
      option("--unix-socket <path>", "connect there, whatever the host").argParser(nonBlank("the path of a socket")),
    )
    .addOption(option("-k, --insecure", "accept any certificate"))
    .addOption(option("--cacert <file>", "trust these certificates (PEM) only").argParser(filePath))
    .addOption(option("--cert <file>", "show this certificate (PEM) to the list's servers").argParser(filePath))
    .addOption(option("--key <file>", "its key, if not in the same file").argParser(filePath))
    .addOption(option("--compressed", "ask for gzip or br, save it decoded"))
    .addOption(option("--http2", "many requests on one connection, where a server can"))
    .addOption(option("--robots", "ask robots.txt first, and keep to it"))
    .addOption(option("--respect <words>", "skip by X-Robots-Tag, such as noai,noindex").argParser(directives))
    .optionsGroup("Reporting:")
    .addOption(
      option("--report <file>", "records (JSON lines) there too; - is stdout").argParser(
        nonBlank("the path of a file, or - for stdout"),
      ),
    )
    .addOption(option("--progress <how>", "on stderr").choices(["auto", "bar", "plain", "none"]).default("auto"))
    .addOption(option("-q, --quiet", "say only what is fatal"))
    .addOption(option("-v, --verbose", "a line for every URL"))
    .addOption(option("--allow-empty", "a list without any URL is no error"))
    .addOption(
      option("--fail-on <limit>", "exit 1 at this many failures: any, never, 10, 5%")
        .argParser(failOn)
        .default(parseFailOn("any"), "any"),
    )
    .addOption(
      option("--max-failures <limit>", "stop at this many failures: 10, or 5% (of 100 up)").argParser(maxFailures),
    )
    .addOption(time(option("--deadline <time>", "stop after this time")))
    .optionsGroup("About:")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help");
}

export function time(option: Option, defaultMs?: number): Option {
  option.argParser(duration);
  return defaultMs === undefined ? option : option.default(defaultMs, `${defaultMs / 1000}s`);
}
