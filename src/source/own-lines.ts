// A filter over a list: the lines of one shard. The others' lines are numbered, and left out.

import type { Job } from "../core/job.ts";
import type { ListShard } from "../core/layout.ts";
import { type LineSpan, lineSpan, type ShardBy, shardOfUrl } from "../core/list-shard.ts";

export interface OwnLines {
  readonly shard: ListShard;
  /** Whether a line is this shard's. `place`: among the lines of all lists, from 1, whatever number the line has. */
  owns(job: Job, place: number): boolean;
  /** The lines from a place on that are all this shard's, or all others'. Undefined where only a line's URL tells. */
  readonly spanAt?: (place: number) => LineSpan;
}

export function ownLines(shard: ListShard, by: ShardBy): OwnLines {
  if (by === "host") return { shard, owns: ({ url }) => shardOfUrl(url, shard.count) === shard.index };
  const spanAt = (place: number) => lineSpan(shard, place);
  return { shard, owns: (_job, place) => spanAt(place).isOwn, spanAt };
}

/** Assigns a number to the line at a place. Returns the reason if another line has it. */
type Claim = (n: number, place: number) => string | undefined;

export interface PlacedJobs {
  /** To be called instead of the given one: it remembers the places. */
  readonly claim: Claim;
  /** The own ones of jobs that were claimed, in the order of their claims. */
  own(jobs: Job[], own: OwnLines | undefined): Job[];
}

/** Finds the places of jobs, which may have other numbers, by the claims of their numbers: each job is claimed once, in order. */
export function placedJobs(claim: Claim): PlacedJobs {
  let places: number[] = [];
  let from = 0;
  return {
    claim(n, place) {
      places.push(place);
      return claim(n, place);
    },
    own(jobs, own) {
      const kept = own === undefined ? jobs : jobs.filter((job, i) => own.owns(job, places[from + i] ?? job.n));
      from += jobs.length;
      if (from >= places.length) [places, from] = [[], 0];
      return kept;
    },
  };
}
