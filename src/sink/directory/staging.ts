// Bodies on their way to another output: written into the state folder as those of files are, and handed over when they are whole.

import { type Digests, mismatchedDigest } from "../../core/digest.ts";
import type { Failure } from "../../core/failure.ts";
import type { DuplicateSource, Job } from "../../core/job.ts";
import type { Answer, BodyStream, Stored } from "../../core/ports.ts";
import { type BodyDigest, bodyDigest, mismatchOf, updateFromFile } from "../../fs/body-digest.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import type { DiskLatency } from "../files/disk-latency.ts";
import type { PartialFiles } from "../files/partial-files.ts";
import type { PendingWrites } from "../files/pending-writes.ts";
import type { TempFile } from "../files/temp-file.ts";
import { type Committer, committer, type Target } from "./commit.ts";
import { type StreamContext, writeStream } from "./write-stream.ts";

type Result = Stored | Failure;

export interface StagingOptions {
  /** The output folder, for messages. */
  readonly folder: string;
  readonly parts: PartialFiles;
  readonly pending: PendingWrites;
  readonly disk: DiskLatency;
  /** Put every body's digest into its record. */
  readonly hash: boolean;
  readonly checkSpace: (bytes: number) => Failure | undefined;
  /** Stores a whole body, whose temporary file is the output's from then on. */
  readonly handOver: (
    target: Target,
    part: TempFile,
    bytes: number,
    digests: Digests | undefined,
  ) => Result | Promise<Result>;
}

export interface Staging extends Pick<Committer, "abort" | "failureOf"> {
  /** Writes a body while it arrives. Never rejects. */
  stream(target: Target, url: URL, answer: Answer, body: BodyStream): Promise<Result>;
  /** Appends `pieces`, the rest of a body of which an earlier try kept the beginning. Never rejects. */
  appendRest(target: Target, answer: Answer, pieces: readonly Uint8Array[]): Promise<Result>;
  /** Returns the digests of a body in memory that its record gets, or the failure where the list has others. */
  digestsOf(job: Job, pieces: readonly Uint8Array[]): Digests | undefined | Failure;
  /** Whether a duplicate's record would lack a digest of its original, or have another one than its line. */
  lacksDigest(job: Job, original: DuplicateSource): boolean;
}

export function staging({ folder, parts, pending, disk, hash, checkSpace, handOver }: StagingOptions): Staging {
  const uncontested = {
    durable: false,
    conflictOf: () => undefined,
    unique: true,
    ownsName: () => true,
    shared: () => false,
  };
  const base = committer({ folder, parts, pending, ...uncontested });
  const context: StreamContext = {
    ...base,
    ...{ parts, pending, disk, checkSpace, startDigest },
    durable: false,
    conflictAt: () => undefined,
    commit: handOver,
    commitAsync: async (...args) => handOver(...args),
  };
  return {
    abort: base.abort,
    failureOf: base.failureOf,
    stream: (target, url, answer, body) => writeStream(context, target, url, answer, body),
    async appendRest(target, answer, pieces) {
      const { job } = target;
      let part: TempFile | undefined;
      try {
        const from = answer.from ?? 0;
        part = parts.reopen(job, from);
        const digest = startDigest(job, part.fd, from);
        if (digest !== undefined) for (const piece of pieces) digest.update(piece);
        const bytes = from + writeAllSync(part.fd, pieces);
        const digests = digest?.result();
        const mismatch = mismatchOf(job, digests);
        return mismatch === undefined ? await handOver(target, part, bytes, digests) : base.abort(job, part, mismatch);
      } catch (error) {
        return base.abort(job, part, base.failureOf(error, target));
      } finally {
        answer.free?.();
      }
    },
    digestsOf(job, pieces) {
      const digest = bodyDigest(job, hash);
      if (digest === undefined) return undefined;
      for (const piece of pieces) digest.update(piece);
      const digests = digest.result();
      return mismatchOf(job, digests) ?? digests;
    },
    lacksDigest: (job, original) =>
      (hash && original.sha256 === undefined) || mismatchedDigest(job, original) !== undefined,
  };

  function startDigest(job: Job, fd: number, from: number): BodyDigest | undefined {
    const digest = bodyDigest(job, hash);
    if (digest !== undefined && from > 0) updateFromFile(digest, fd, from);
    return digest;
  }
}

/** Cancels a body that is not stored. Returns the failure. */
export function cancelled(body: readonly Uint8Array[] | BodyStream, failure: Failure): Failure {
  if ("cancel" in body) body.cancel();
  return failure;
}
