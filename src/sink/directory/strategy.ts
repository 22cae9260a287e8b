// Chooses how a body is written: one of five strategies, by its size and by how fast the disk and the answers are.
//
// | strategy | thread      | used for                                                                            |
// | -------- | ----------- | ----------------------------------------------------------------------------------- |
// | stream   | main, pool  | a body that is still arriving: synchronously on a fast disk, else in the pool       |
// | direct   | main        | a small body on a fast disk; the rest of a kept part, on any disk                   |
// | behind   | writer      | a direct one of at most 16 KiB under a name of its own, where answers arrive fast   |
// | async    | pool        | a small body on a slow disk, or once the run is stopping                            |
// | link     | main, pool  | a duplicate of a saved file (`Sink.link`): there is no body                         |

import type { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { Answer } from "../../core/ports.ts";
import type { BodyDigest } from "../../fs/body-digest.ts";
import type { DiskLatency } from "../files/disk-latency.ts";
import type { PartialFiles } from "../files/partial-files.ts";
import type { PendingWrites } from "../files/pending-writes.ts";
import type { Committer } from "./commit.ts";

/** Strategies for a body; `behind` falls back to `direct` where the writer thread does not take it. */
export type Strategy = "stream" | "direct" | "behind" | "async";

/** What all strategies need. */
export interface WriteContext extends Committer {
  readonly parts: PartialFiles;
  readonly disk: DiskLatency;
  readonly pending: PendingWrites;
  readonly durable: boolean;
  /** Returns why no more bytes may be written, if so. */
  readonly checkSpace: (bytes: number) => Failure | undefined;
  /** Starts the digests of a job's body with the first `fromBytes` of its file; undefined where none is wanted. */
  readonly startDigest: (job: Job, fd: number, fromBytes: number) => BodyDigest | undefined;
}

/** `mayBeBehind`: no other line or process can have the name, which the writer thread does not check again. */
export function chooseStrategy(
  { body, from }: Answer,
  disk: DiskLatency,
  nowMs: number,
  mayBeBehind: boolean,
): Strategy {
  if ("next" in body) return "stream";
  if (from !== undefined) return "direct";
  if (!disk.isFast(nowMs)) return "async";
  return mayBeBehind ? "behind" : "direct";
}
