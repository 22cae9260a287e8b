// The interface of archive formats: what a file makes of a body, and what it knows of that.

import type { Digests } from "../../core/digest.ts";
import type { Job, ShardPlace } from "../../core/job.ts";
import type { Answer } from "../../core/ports.ts";
import type { FailedWire, Wire } from "../../core/wire.ts";
import type { Group, LargeGroup, Place } from "./group.ts";

/** A body and what is known of it when it is stored. */
export interface Capture {
  readonly job: Job;
  readonly url: URL;
  readonly answer: Answer;
  /** The name that the body would have as a file. */
  readonly file: string;
  readonly bytes: number;
  readonly digests: Digests | undefined;
}

/** What a format makes of a body. */
export interface ContainerFormat {
  /** A duplicate URL is recorded with the place of the first one's body. */
  readonly sharesBodies: boolean;
  /** Members that hold the body `pieces`, which stay as they are until the group is written. Never rejects. */
  small(capture: Capture, pieces: readonly Uint8Array[]): Group | Promise<Group>;
  /** Members that hold the content of a file. */
  large(capture: Capture, fd: number): LargeGroup | Promise<LargeGroup>;
  /** Where the body of a capture is, whose group is at `place`. */
  place(capture: Capture, place: Place, group: Group): ShardPlace;
  /** The first bytes of a shard. Absent: none. */
  readonly begin?: (shard: string) => Uint8Array;
  /** Members of an answer whose body is not saved, and where they are. Absent: there are none. */
  readonly kept?: (job: Job, wire: Wire | FailedWire) => Group;
}
