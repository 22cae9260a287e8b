// The sink that writes bodies into shards: small ones from memory, large ones through a temporary file that is copied when whole.

import { unlink } from "node:fs";
import { promisify } from "node:util";
import { type Digests, digestsOf } from "../../core/digest.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { DuplicateSource, Job, ShardPlace } from "../../core/job.ts";
import type { Answer, BodyStream, Sink, Stored, WriteBehind } from "../../core/ports.ts";
import { Deferred, type Thenable } from "../../core/structures/deferred.ts";
import type { FailedWire, Wire } from "../../core/wire.ts";
import { lengthOf } from "../../fs/write-all.ts";
import type { Target } from "../directory/commit.ts";
import { cancelled, staging } from "../directory/staging.ts";
import { diskLatency, unlessBusy, unlessStuck } from "../files/disk-latency.ts";
import type { PartialFiles } from "../files/partial-files.ts";
import { pendingWrites, STOPPED_BEFORE_WRITE } from "../files/pending-writes.ts";
import type { TempFile } from "../files/temp-file.ts";
import { type FileNames, nameTooLong } from "../names/file-names.ts";
import { alreadyStored, appendKept } from "./append-kept.ts";
import type { Capture, ContainerFormat } from "./container-format.ts";
import { bodyGathering } from "./gather-body.ts";
import type { Group, Place } from "./group.ts";
import type { ShardNames } from "./shard-names.ts";
import { shardWriter } from "./shard-writer.ts";

const unlinked = promisify(unlink);

export interface ContainerOptions {
  readonly folder: string;
  readonly names: FileNames;
  readonly shards: ShardNames;
  readonly parts: PartialFiles;
  readonly format: ContainerFormat;
  readonly maxBytes: number;
  readonly maxGroups: number;
  /** Put every body's digest into its record. */
  readonly hash: boolean;
  /** Sync each body before it counts as saved. */
  readonly durable: boolean;
  /** Returns why nothing may be written any more, if so. */
  readonly checkSpace: (bytes: number) => Failure | undefined;
}

type Result = Stored | Failure;

/** Returns a sink into the shards of a folder. */
export function containerSink(options: ContainerOptions): Sink {
  const { folder, names, shards, parts, format, maxBytes, maxGroups, hash, durable, checkSpace } = options;
  const { gather } = bodyGathering();
  const pending = pendingWrites();
  const disk = unlessStuck(unlessBusy(diskLatency()));
  const { begin, kept } = format;
  const writer = shardWriter({ names: shards, maxBytes, maxGroups, begin, isSynced: durable, disk });
  const answers = new WeakMap<Job, { readonly url: URL; readonly answer: Answer }>();
  const staged = staging({ folder, parts, pending, disk, hash, checkSpace, handOver: appendFile });

  return {
    partialOf: (job) => parts.kept(job),
    drop: (job) => parts.drop(job),
    release: (job) => parts.release(job),
    adopt(job, { part }) {
      if (part) parts.adopt(job);
    },
    doubt: () => pending.doubt(),
    ...(format.sharesBodies
      ? { link: (job, _url, twin) => (staged.lacksDigest(job, twin) ? undefined : placeOf(twin)) }
      : {}),
    write(job, url, answer) {
      const { body } = answer;
      const target = pending.isAborted ? STOPPED_BEFORE_WRITE : targetOf(job, url, answer.type);
      if (isFailure(target)) return cancelled(body, target);
      if ("next" in body) return appendStream(target, url, answer, body);
      if (answer.from === undefined) return appendSmall(target, url, answer, body);
      answers.set(job, { url, answer });
      return pending.track(staged.appendRest(target, answer, body));
    },
    ...(kept && { keep }),
    abort() {
      pending.abort(() => writer.isBusy());
      writer.abort(Object.assign(new Error(STOPPED_BEFORE_WRITE.detail), { failure: STOPPED_BEFORE_WRITE }));
    },
    isUnsure: () => pending.isUnsure,
    async idle() {
      await Promise.all([pending.idle(), writer.idle()]);
    },
    close() {
      pending.close();
      writer.close();
    },
  };

  function keep(job: Job, wire: Wire | FailedWire): WriteBehind<ShardPlace | Failure> {
    const refusal = pending.isAborted ? STOPPED_BEFORE_WRITE : checkSpace(0);
    if (refusal !== undefined || kept === undefined) return alreadyStored(refusal ?? STOPPED_BEFORE_WRITE);
    const onError = (error: unknown) => failureOf(error, { job, path: folder, file: folder });
    return appendKept(writer, () => kept(job, wire), onError);
  }

  function targetOf(job: Job, url: URL, type: string | undefined): Target | Failure {
    const file = names.of(job, url, type);
    return nameTooLong(file) ?? checkSpace(0) ?? { job, path: `${folder}/${file}`, file };
  }

  /** Gathers a body that is not too long for that; others go through a temporary file. */
  function appendStream(target: Target, url: URL, answer: Answer, body: BodyStream): Thenable<Result> {
    const stage = (stream: BodyStream) => {
      answers.set(target.job, { url, answer });
      return pending.track(staged.stream(target, url, answer, stream));
    };
    const gathering = answer.from === undefined ? gather(body, answer.wholeBytes) : undefined;
    if (gathering === undefined) return stage(body);
    const end = new Deferred<Result>();
    const rejected = (error: unknown) => end.reject(error);
    gathering
      .then((got) => {
        if ("next" in got) return stage(got).then((result) => end.resolve(result), rejected);
        if (isFailure(got)) return end.resolve(got);
        const { pieces, free } = got;
        const noSpace = checkSpace(lengthOf(pieces));
        if (noSpace !== undefined) {
          free();
          return end.resolve(noSpace);
        }
        const written = appendSmall(target, url, { ...answer, free }, pieces, true);
        if (isFailure(written)) return end.resolve(written);
        // Its slot stays taken until it is written: the memory for gathered bodies has a limit.
        written.storing.then((result) => end.resolve(result), rejected);
      })
      .catch(rejected);
    return end;
  }

  function appendSmall(
    target: Target,
    url: URL,
    answer: Answer,
    pieces: readonly Uint8Array[],
    isAwaited = false,
  ): Failure | WriteBehind<Result> {
    const { job, file } = target;
    const digests = staged.digestsOf(job, pieces);
    if (digests !== undefined && isFailure(digests)) {
      answer.free?.();
      return digests;
    }
    const capture: Capture = { job, url, answer, file, bytes: lengthOf(pieces), digests };
    const coming = new Deferred<Result>();
    const failed = (error: unknown) => {
      answer.free?.();
      coming.resolve(failureOf(error, target));
    };
    const append = (group: Group) =>
      writer.append(group, isAwaited).then((at) => {
        answer.free?.();
        parts.forget(job);
        coming.resolve(stored(capture, at, group));
      }, failed);
    const group = format.small(capture, pieces);
    if ("then" in group) group.then(append, failed);
    else append(group);
    return { storing: coming };
  }

  /** Appends a whole temporary file, and removes it. */
  async function appendFile(
    target: Target,
    part: TempFile,
    bytes: number,
    digests: Digests | undefined,
  ): Promise<Result> {
    const { job, file } = target;
    const about = answers.get(job);
    if (about === undefined) throw new Error("a body without its answer");
    const capture: Capture = { job, ...about, file, bytes, digests };
    try {
      const group = await format.large(capture, part.fd);
      const at = await writer.append(group);
      // Not awaited: bodies must be recorded in the order in which they are in the shard, since a later run cuts it after the last.
      pending.trackCleanup(removed(part));
      parts.forget(job);
      return stored(capture, at, group);
    } catch (error) {
      return staged.abort(job, part, failureOf(error, target));
    }
  }

  function stored(capture: Capture, at: Place, group: Group): Stored {
    const { bytes, digests } = capture;
    return { bytes, place: format.place(capture, at, group), ...digests };
  }

  function failureOf(error: unknown, target: Target): Failure {
    return (error as { readonly failure?: Failure }).failure ?? staged.failureOf(error, target);
  }
}

/** Never rejects: a file that stays is removed by the next run. */
async function removed(part: TempFile): Promise<void> {
  await part.closeAsync().catch(() => {});
  await unlinked(part.path).catch(() => {});
}

/** What a duplicate of a stored body is recorded with. */
function placeOf(twin: DuplicateSource): Stored | undefined {
  if (!("shard" in twin) || twin.shard === undefined) return undefined;
  const { shard, offset, stored_bytes, member, refers_to, bytes } = twin;
  if (offset === undefined || stored_bytes === undefined) return undefined;
  const more = { ...(member === undefined ? {} : { member }), ...(refers_to === undefined ? {} : { refers_to }) };
  const place = { shard, offset, stored_bytes, ...more };
  return { bytes, place, ...digestsOf(twin) };
}
