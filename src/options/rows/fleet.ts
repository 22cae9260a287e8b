// Options of the fleet only: `bulkget enqueue`, `work` and `watch`.

import { DURATION, FLAG, FOLDER, type Rows, TEXT } from "../row.ts";

const notInLibrary = "only the command has `enqueue`, `work` and `watch`";

const QUEUE = {
  queue: {
    ...TEXT,
    flags: "--queue <url>",
    summary: "Redis or Valkey that keeps the chunks",
    details: `
      The queue: "redis://host:6379/0", "rediss://user:password@host" for TLS, or "unix:/run/redis.sock". Redis 6.2 or newer, or Valkey, with
      "maxmemory-policy noeviction", and "appendonly yes" so that it remembers its jobs. A password is better in the variable.`,
    isSecret: true,
    notInLibrary,
  },
} as const satisfies Rows;

/** Options of `enqueue`, besides those of the run. */
export const ENQUEUE = {
  ...QUEUE,
  chunkLines: {
    type: "whole",
    flags: "--chunk <n>",
    summary: "lines in a chunk",
    details: `
      Lines in a chunk, which one worker downloads as a run of its own. At most 1,000 where chunks have the lines themselves: of standard
      input, compressed lists, tables and listings, of several lists, and with --shard-by host.`,
    least: 1,
    most: 1_000_000,
    default: 10_000,
    notInLibrary,
  },
  keepHosts: {
    type: "choice",
    flags: "--shard-by <what>",
    summary: "chunks by line or by host",
    details: `
      How lines are divided into chunks.

      - line: consecutive lines; each worker keeps to --per-host, --host-rate and --rate for itself
      - host: by a hash of the host, into 64 queues, of each of which one chunk at a time is under way in the whole fleet: --per-host and
        --host-rate hold for all workers together`,
    choices: ["line", "host"],
    default: "line",
    notInLibrary,
  },
} as const satisfies Rows;

/** Options of `work`. */
export const WORK = {
  ...QUEUE,
  processes: {
    type: "whole",
    flags: "-w, --processes <n>",
    summary: "chunks at a time, each in a process",
    details: `
      Number of chunks that this worker downloads at the same time, each in a process of its own: one per core.`,
    least: 1,
    most: 256,
    default: 1,
    notInLibrary,
  },
  untilDone: {
    ...FLAG,
    flags: "--until-done",
    summary: "end when no chunk is left",
    details: `
      Ends when no chunk is left in the queue or under way. Without it a worker waits for more chunks, until a signal ends it.`,
    notInLibrary,
  },
  state: {
    ...FOLDER,
    flags: "--state <dir>",
    summary: "folder for chunks of a run into s3://",
    details: `
      For runs into an object store, the folder of this machine for what is incomplete of the chunks under way. Several workers may share
      it.`,
    otherwise: ".bulkget",
    notInLibrary,
  },
  leaseMs: {
    ...DURATION,
    flags: "--lease <time>",
    summary: "how long a silent worker keeps its chunk",
    details: `
      How long a chunk is its worker's without a sign of life. A killed worker's chunk is another's after this time and up to half of it
      more. Between 3s and 1h.`,
    least: 3000,
    most: 3_600_000,
    default: 60_000,
    notInLibrary,
  },
} as const satisfies Rows;

/** Options of `watch`, besides some of reporting. */
export const WATCH = {
  ...QUEUE,
  watched: {
    ...FOLDER,
    flags: "-o, --output-dir <dir>",
    summary: "folder of the run, where the queue has several",
    details: `
      The output folder of the run to watch. Needed only where the queue has several runs.`,
    otherwise: "that of the only run",
    notInLibrary,
  },
} as const satisfies Rows;
