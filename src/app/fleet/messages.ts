// The messages between a worker of the fleet and the process that downloads its chunks: plain data over a pipe.

import type { Job } from "../../core/job.ts";
import type { TallyJson } from "../../core/run/tally-json.ts";
import type { Range } from "../../source/parts/part.ts";
import type { FetchOptions } from "../network/http-client.ts";
import type { AttemptResults } from "./commit/attempt-results.ts";
import type { FleetOptions } from "./plan.ts";

/** A chunk to download. */
export interface ChunkTask {
  /** The identity of the run, by which its HTTP client is kept. */
  readonly run: string;
  readonly options: FleetOptions;
  /** The options of the client, with the texts of certificates. */
  readonly web: FetchOptions;
  /** The folder of the attempt: an output folder of its own. */
  readonly attempt: string;
  readonly source: Range | { readonly jobs: readonly Job[] };
  /** The command line, without secrets. */
  readonly command: string;
}

export type ToChunks =
  | { readonly task: ChunkTask }
  /** Finish what is in flight, and stop. */
  | { readonly stop: true }
  /** The chunk may be another worker's from this time on, by `monotonicMs`, unless a later one comes before. */
  | { readonly heldUntilMs: number };

/** How far a chunk is. */
export interface ChunkProgress {
  readonly tally: TallyJson;
  readonly inFlight: number;
  readonly waiting: number;
  readonly retrying: number;
  readonly receivedBytes: number;
}

/** The results of an attempt that began with an empty folder: of any other, its journal has them. */
export type SentResults = Omit<AttemptResults, "tally"> & { readonly tally: TallyJson };

/** How a chunk ended. */
export type ChunkEnd =
  | { readonly how: "whole"; readonly results?: SentResults }
  /** It was stopped: the folder has what was done. */
  | { readonly how: "stopped" }
  /** Disk, folder or list cannot be used. */
  | { readonly how: "failed"; readonly reason: string };

export type FromChunks = { readonly progress: ChunkProgress } | { readonly end: ChunkEnd } | { readonly note: string };
