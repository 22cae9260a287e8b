// Options of reporting: records, progress, early stops and exit codes.

import { DURATION, FILE, FLAG, type Rows } from "../row.ts";

export const REPORTING = {
  report: {
    type: "reports",
    flags: "--report <file>",
    summary: "also write records (JSON lines) here; - is stdout",
    details: `
      Writes the records of this run to this file as well, as URLs finish; "-" is standard output. A named pipe works too. If it
      cannot be written any more, the run goes on and ends with exit code 1. May be repeated; the variable takes one file per line.

      The format may stand in front: "jsonl:out.jsonl". The only one is "jsonl" (JSON lines), which is the default. Two or more
      lower-case letters and digits before a colon are a format; for a file with such a name write "./run:1.jsonl".`,
    noun: "file, or - for stdout",
    notInLibrary: "outcomes come from the loop; the command has --report",
  },
  html: {
    ...FILE,
    flags: "--html <file>",
    summary: "write a page with charts when the run is over",
    details: `
      Writes an HTML page about the output folder when the run is over, as "bulkget report --html" does: all its runs over time,
      each request, times, failures and hosts. It is one file that loads nothing. An earlier page is replaced, any other file is
      not. If it cannot be written, the run ends with exit code 1; what was saved stays.`,
    otherwise: "none",
    notInLibrary: "the command has --html, and writes the page of a library's folder by `bulkget report`",
  },
  metrics: {
    type: "metrics",
    flags: "--metrics <port|file>",
    summary: "show metrics to Prometheus, on a port or in a file",
    details: `
      Shows the numbers of the run to Prometheus while it is under way; docs/metrics.md lists them.

      - 9100: at "http://127.0.0.1:9100/metrics" until the run is over; 0 is any free port, which is printed
      - host:9100, [::1]:9100: the same on another address of this machine; who reaches it reads the metrics
      - file.prom: in this file, every 15 s and at the end, for the textfile collector of node-exporter

      A port that is in use, and a file that cannot be written or that is another program's, end the command with exit code 2
      before the run begins. No metric contains a URL or a host.`,
    notInLibrary: "read `view` of the run, or use onProgress; the command has --metrics",
  },
  progress: {
    type: "choice",
    flags: "--progress <how>",
    summary: "on stderr: auto, bar, plain, none",
    details: `
      How progress is shown, on standard error.

      - auto: bar on a terminal, otherwise plain
      - bar: a progress bar, with as many numbers as the terminal is wide; below it, large bodies with their share, or the last URLs
      - plain: a line per failure, and a line per minute with the time, numbers, speed and ETA
      - none: the summary only; with -v, each URL has a line`,
    choices: ["auto", "bar", "plain", "none"],
    default: "auto",
    notInLibrary: "the library writes nothing to the terminal; onProgress is called with numbers",
  },
  quiet: {
    ...FLAG,
    flags: "-q, --quiet",
    summary: "print fatal errors only",
    details: `
      Prints nothing but fatal errors: no progress, no warnings, no summary.`,
    notInLibrary: "the library writes nothing to the terminal",
  },
  verbose: {
    ...FLAG,
    flags: "-v, --verbose",
    summary: "print one line per URL",
    details: `
      Prints one line per finished URL, with its status, size and times.`,
    notInLibrary: "the library writes nothing to the terminal; outcomes come from the loop",
  },
  dryRun: {
    ...FLAG,
    flags: "--dry-run",
    summary: "count what a run would do, and do nothing",
    details: `
      Reads the list and the records of the output folder, and prints what a run would do: lines, invalid and duplicate ones, names, hosts,
      what an earlier run has done, and the least time that --rate and --host-rate allow. Requests nothing and writes nothing.`,
    notInLibrary: "the library runs; the command has --dry-run",
  },
  allowEmpty: {
    ...FLAG,
    flags: "--allow-empty",
    summary: "accept a list without URLs",
    details: `
      A list without any URL is a success. Without it such a list ends with exit code 2.`,
    notInLibrary: "the library takes an empty list",
  },
  failOn: {
    type: "failure limit",
    flags: "--fail-on <limit>",
    summary: "exit with 1 at this many failures",
    details: `
      From how many failures on a finished run ends with exit code 1: "any", "never", a number such as "10", or a share of the
      finished URLs such as "5%". Permanent failures of earlier runs count as well.`,
    choices: ["any", "never"],
    default: "any",
    notInLibrary: "count the failed in the loop or in `summary`; the command has --fail-on",
  },
  maxFailures: {
    type: "failure limit",
    flags: "--max-failures <limit>",
    summary: "stop at this many failures, such as 10 or 5%",
    details: `
      Stops the run with exit code 4 at this many failures: a number such as "10", or a share of the finished URLs such as "5%",
      which counts once 100 URLs are finished. Run the same command again to resume.`,
    otherwise: "no limit",
    notInLibrary: "leave the loop with `break` when there are too many; the command has --max-failures",
  },
  deadlineMs: {
    ...DURATION,
    flags: "--deadline <time>",
    summary: "stop after this time; run again to resume",
    details: `
      Stops the run with exit code 4 after this time. What is in flight gets 5 seconds to finish. Run the same command again to resume.`,
    choices: [Number.POSITIVE_INFINITY],
    otherwise: "none",
  },
} as const satisfies Rows;
