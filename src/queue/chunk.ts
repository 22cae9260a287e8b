// A chunk of a list as a job of the queue: its identity, and the few bytes that it takes there.

import type { Job } from "../core/job.ts";

/** The lines of a chunk: a range of bytes of the list with their CRC-32, or the lines themselves. */
export type ChunkLines =
  | { readonly fromBytes: number; readonly toBytes: number; readonly crc: number }
  | { readonly jobs: readonly Job[] };

export interface Chunk {
  /** The run's identity: 8 hexadecimal digits. */
  readonly run: string;
  /** Its number, from 1. */
  readonly n: number;
  readonly lines: ChunkLines;
}

/** Digits of a chunk's number; a larger number has more. */
const DIGITS = 6;

/** Chunks whose results are in one folder. */
const CHUNKS_PER_FOLDER = 1000;

/** "c000123" */
export function chunkName(n: number): string {
  return `c${String(n).padStart(DIGITS, "0")}`;
}

/** "000/000123.jsonl": where a chunk's results are, below `results`. */
export function resultsPath(n: number): string {
  return `${String(Math.floor(n / CHUNKS_PER_FOLDER)).padStart(3, "0")}/${String(n).padStart(DIGITS, "0")}.jsonl`;
}

/** The number of the chunk of a file with results; undefined for other names. */
export function chunkOfResults(name: string): number | undefined {
  const [, digits] = /^(\d{6,12})\.jsonl$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The id of a chunk's job: `r7f3a91c0-c000123`, without a colon, which BullMQ's keys have. */
export function jobId(run: string, n: number): string {
  return `r${run}-${chunkName(n)}`;
}

/** What a job id names; undefined for a job that is not bulkget's. */
export function ofJobId(id: string): { readonly run: string; readonly n: number } | undefined {
  const [, run, n] = /^r([0-9a-f]{8})-c(\d{6,12})$/.exec(id) ?? [];
  return run === undefined ? undefined : { run, n: Number(n) };
}

/**
 * The data of a job. A range is an array of three numbers: with more than 64 bytes in one field, Redis stores a job in a form that
 * takes twice the memory (hash-max-listpack-value).
 */
export function toData(lines: ChunkLines): unknown {
  return "jobs" in lines ? { jobs: lines.jobs } : [lines.fromBytes, lines.toBytes, lines.crc];
}

/** The lines of a job's data; undefined if another program wrote it. */
export function fromData(data: unknown): ChunkLines | undefined {
  if (Array.isArray(data)) {
    const isRange = data.length === 3 && data.every(Number.isSafeInteger);
    const [fromBytes = 0, toBytes = 0, crc = 0] = data.map(Number);
    return isRange ? { fromBytes, toBytes, crc } : undefined;
  }
  const { jobs } = (data ?? {}) as { readonly jobs?: unknown };
  return Array.isArray(jobs) ? { jobs: jobs as readonly Job[] } : undefined; // written by `toData`
}
