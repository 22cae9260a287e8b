// The workloads of the benchmark, one row each.

export interface Workload {
  readonly name: string;
  readonly about: string;
  readonly urls: number;
  /** The number of URLs with --quick. */
  readonly quickUrls: number;
  readonly bytes: number;
  readonly concurrency: number;
  readonly delayMs?: number;
  /** Bodies of random bytes, which nothing makes smaller. */
  readonly random?: true;
  /** Every URL has its own host; for peers that resolve *.localhost themselves, as RFC 6761 section 6.3 allows. */
  readonly manyHosts?: true;
  /** The list is read from a pipe, because it is too long for a file; the downloads are removed during the run. */
  readonly endless?: true;
  /** Limits the workload to these peers. */
  readonly peers?: readonly string[];
  /** Number of runs instead of --runs, without a warm-up. */
  readonly runs?: number;
  /** Served by its own nginx over TLS 1.3. */
  readonly tls?: true;
  /** Served over HTTP/2, with `tls`. */
  readonly http2?: true;
  /** Whether `--server nginx` applies. */
  readonly nginx?: true;
  /** Time limit per run of a peer. */
  readonly limitSeconds: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const WORKLOADS: readonly Workload[] = [
  {
    name: "small-20k",
    about: "many small files of one host",
    urls: 20_000,
    quickUrls: 2_000,
    bytes: 100,
    concurrency: 50,
    nginx: true,
    limitSeconds: 120,
  },
  {
    name: "small-200k",
    about: "what grows with the list shows here",
    urls: 200_000,
    quickUrls: 5_000,
    bytes: 100,
    concurrency: 50,
    // xargs would start 10,000 processes of curl.
    peers: ["bulkget", "bulkget-w1", "bulkget-w2", "curl", "aria2c", "wget2"],
    nginx: true,
    limitSeconds: 300,
  },
  {
    name: "latency",
    about: "each answer takes 100 ms: waiting, if all slots are kept in use",
    urls: 500,
    quickUrls: 200,
    bytes: 100,
    concurrency: 100,
    delayMs: 100,
    limitSeconds: 60,
  },
  {
    name: "medium",
    about: "pages and thumbnails",
    urls: 5_000,
    quickUrls: 500,
    bytes: 64 * KIB,
    concurrency: 50,
    nginx: true,
    limitSeconds: 120,
  },
  {
    name: "large",
    about: "a few archives",
    urls: 8,
    quickUrls: 2,
    bytes: 256 * MIB,
    concurrency: 8,
    limitSeconds: 120,
  },
  {
    name: "hosts",
    about: "every URL on a host of its own",
    urls: 20_000,
    quickUrls: 1_000,
    bytes: 100,
    concurrency: 50,
    manyHosts: true,
    nginx: true,
    limitSeconds: 120,
  },
  {
    name: "one",
    about: "a list of one URL: what it takes to start",
    urls: 1,
    quickUrls: 1,
    bytes: 100,
    concurrency: 50,
    nginx: true,
    limitSeconds: 60,
  },
  {
    name: "tls-20k",
    about: "many small files of one host, over TLS 1.3",
    urls: 20_000,
    quickUrls: 2_000,
    bytes: 100,
    concurrency: 50,
    tls: true,
    peers: ["bulkget", "curl"],
    nginx: true,
    limitSeconds: 120,
  },
  {
    name: "http2-20k",
    about: "the same over HTTP/2, many requests on a connection",
    urls: 20_000,
    quickUrls: 2_000,
    bytes: 100,
    concurrency: 50,
    tls: true,
    http2: true,
    peers: ["bulkget", "curl"],
    nginx: true,
    limitSeconds: 120,
  },
  {
    name: "python-100k",
    about: "scripts on Python's libraries, which do the same but for the journal and the retries",
    urls: 100_000,
    quickUrls: 2_000,
    bytes: 100,
    concurrency: 50,
    peers: [
      ...["bulkget", "curl", "aiohttp", "aiohttp-uvloop", "twisted", "gevent", "tornado"],
      ...["requests-threads", "requests-processes"],
    ],
    runs: 3,
    nginx: true,
    limitSeconds: 600,
  },
  {
    name: "archives-small",
    about: "many small files and their records in archives; WARC with its requests",
    urls: 200_000,
    quickUrls: 5_000,
    bytes: 100,
    concurrency: 50,
    peers: ["bulkget", "bulkget-tar", "bulkget-warc", "curl"],
    nginx: true,
    limitSeconds: 300,
  },
  {
    name: "archives-large",
    about: "a gibibyte of random bytes in archives",
    urls: 1024,
    quickUrls: 64,
    bytes: MIB,
    random: true,
    concurrency: 50,
    peers: ["bulkget", "bulkget-tar", "bulkget-warc", "curl"],
    limitSeconds: 300,
  },
  {
    name: "memory-100k",
    about: "a list through stdin; its peak is to be compared with the next one's",
    urls: 100_000,
    quickUrls: 10_000,
    bytes: 100,
    concurrency: 50,
    endless: true,
    peers: ["bulkget"],
    runs: 1,
    limitSeconds: 300,
  },
  {
    name: "memory-5m",
    about: "a far longer list than that of memory-100k; the peak should be the same",
    urls: 5_000_000,
    quickUrls: 50_000,
    bytes: 100,
    concurrency: 50,
    endless: true,
    peers: ["bulkget"],
    runs: 1,
    limitSeconds: 3_600,
  },
];

/** The URL of line `n`. Its last segment is unique, because most peers use it as the file name. */
export function urlOf(workload: Workload, port: number, n: number): string {
  const name = String(n).padStart(6, "0");
  const host = workload.manyHosts === undefined ? "127.0.0.1" : `h${name}.localhost`;
  const bodies = workload.random ? "r" : "b";
  const kind = workload.delayMs === undefined ? bodies : `d/${workload.delayMs}`;
  return `http${workload.tls ? "s" : ""}://${host}:${port}/${kind}/${workload.bytes}/${name}`;
}

/** The rows with this name or this prefix before a dash: `small` selects small-20k and small-200k. Undefined if there is none. */
export function workloadsNamed(wanted: string): readonly Workload[] | undefined {
  const found = WORKLOADS.filter(({ name }) => name === wanted || name.startsWith(`${wanted}-`));
  return found.length === 0 ? undefined : found;
}
