// Options of scheduling: concurrency, rates, order of hosts, workers and retries.

import type { ShardBy } from "../../core/list-shard.ts";
import type { ORDERS } from "../../core/scheduler/order.ts";
import type { Rows } from "../row.ts";

/** At least one per day: with less, a list never ends. */
const RATE = {
  type: "rate",
  unit: "URLs a second",
  least: 1 / 86_400,
  most: 1_000_000,
  unlimited: "leave it out for no limit",
  otherwise: "no limit",
} as const;

export const SCHEDULING = {
  concurrency: {
    type: "whole",
    flags: "-c, --concurrency <n>",
    summary: "concurrent requests, or auto to adapt",
    details: `
      Number of URLs that are fetched at the same time, over all hosts. "auto" starts with 8, doubles while throughput grows by at
      least 5 %, and keeps testing more and fewer for the rest of the run, between 4 and 512; it backs off when servers answer 429
      or 503, reset or time out. It takes some seconds to settle: use a number for short lists. "bulkget tune" measures the best
      number beforehand.`,
    least: 1,
    most: 10_000,
    choices: ["auto"],
    singleProcess: "auto",
    default: 50,
  },
  perHost: {
    type: "whole",
    flags: "--per-host <n>",
    summary: "max concurrent requests per host",
    details: `
      Maximum number of concurrent requests to one host (name and port). A host that answers 429 or 503 or resets connections gets
      fewer than that until it recovers.`,
    least: 1,
    most: 10_000,
    otherwise: "all",
  },
  rate: {
    ...RATE,
    flags: "--rate <n/s>",
    summary: "max URLs started per second",
    details: `
      Maximum number of URLs started per second, over all hosts: "5", "0.5", "30/m" (per minute) or "100/h" (per hour).`,
  },
  hostRate: {
    ...RATE,
    flags: "--host-rate <n/s>",
    summary: "max URLs started per second and host",
    details: `
      Maximum number of URLs started per second on one host, written as for --rate. URLs that wait for it take no slot of
      --concurrency.`,
    otherwise: "none",
  },
  limitRate: {
    type: "speed",
    flags: "--limit-rate <size/s>",
    summary: "max bytes per second, all downloads together",
    details: `
      Maximum download speed of the whole run, in bytes of bodies as sent: "500k", "2M" or "2M/s".`,
    unit: "bytes a second",
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    unlimited: "leave it out for no limit",
    otherwise: "no limit",
  },
  workers: {
    type: "whole",
    flags: "--workers <n|auto>",
    summary: "processes to fetch with",
    details: `
      Number of processes that fetch and write files. One of them reads the list and keeps limits and records; results do not depend
      on the number. "auto" starts with one, and adds others (one per core, 4 at most) in long runs that are busy all the time. Each
      takes about 100 MB. --robots, --cookie and "-c auto" need a single process.`,
    least: 1,
    most: 64,
    choices: ["auto"],
    default: 1,
    notInLibrary: "the library runs in one process; the command has --workers",
  },
  shard: {
    type: "shard",
    flags: "--shard <i/n>",
    summary: "fetch one of n parts of the list: 3/16 or auto",
    details: `
      Fetches one of n shards of the list, such as the third of 16: each machine reads the same list and takes its lines. Numbers, names
      and records are those of a run of the whole list. Shards may write into one folder, also at the same time, or their folders are
      copied together afterwards. Each has its own "results.3-of-16.jsonl", "failed.3-of-16.txt" and archives; "bulkget report" reads
      all of them as one run, and names shards that are missing.

      In an array job, "auto" and "auto/16" take the shard from the variables of the scheduler (Slurm, Kubernetes, AWS Batch and others).
      Write the number of shards where one task of the array may be started again alone. The library takes no "auto".`,
    otherwise: "all of it",
  },
  shardBy: {
    type: "choice",
    flags: "--shard-by <what>",
    summary: "what shards divide: line, host",
    details: `
      How --shard divides the list.

      - line: blocks of 1,000 lines go to the shards in turn; lines of other shards are only counted
      - host: all lines of a host are in one shard, so that limits of hosts hold over all machines`,
    choices: ["line", "host"] satisfies ShardBy[],
    default: "line",
  },
  order: {
    type: "choice or function",
    flags: "--order <how>",
    summary: "order of hosts: fair, list, longest",
    details: `
      Which host's next URL is started first.

      - fair: hosts take turns
      - list: the order of the list
      - longest: the host with the most waiting URLs`,
    choices: ["fair", "list", "longest"] satisfies (keyof typeof ORDERS)[],
    default: "fair",
  },
  retries: {
    type: "whole",
    flags: "--retries <n>",
    summary: "retries after a transient failure",
    details: `
      Number of retries of a URL after transient failures: resets, timeouts, cut bodies, some statuses (see --retry-on). Delays are
      random up to 1 s, 2 s, 4 s and so on. "Retry-After" delays the whole host, for up to 5 minutes.`,
    least: 0,
    most: 100,
    default: 3,
  },
  retryOn: {
    type: "statuses",
    flags: "--retry-on <statuses>",
    summary: "HTTP statuses to retry, such as 429,503",
    details: `
      HTTP statuses that count as transient failures, separated by commas. It replaces the default list: 408, 425, 429 and those from
      500 on but for 501, 505 to 508, 510, 511, 525 and 526, which another try would meet again.`,
    unit: "HTTP statuses",
    least: 100,
    most: 599,
    otherwise: "408 425 429, most from 500 on",
  },
} as const satisfies Rows;
