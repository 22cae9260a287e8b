// The output that puts bodies into an object store: small ones from memory, large ones when they are whole in the state folder.

import { unlink } from "node:fs";
import { promisify } from "node:util";
import { type Digests, digestsOf } from "../../core/digest.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { ObjectBytes, ObjectStore } from "../../core/object-store.ts";
import type { Answer, Sink, Stored, WriteBehind } from "../../core/ports.ts";
import { isNameOf } from "../../core/scheduler/name-queue.ts";
import { Deferred } from "../../core/structures/deferred.ts";
import { lengthOf } from "../../fs/write-all.ts";
import type { Target } from "../directory/commit.ts";
import { cancelled, staging } from "../directory/staging.ts";
import { diskLatency, unlessBusy, unlessStuck } from "../files/disk-latency.ts";
import type { PartialFiles } from "../files/partial-files.ts";
import { pendingWrites, STOPPED_BEFORE_WRITE } from "../files/pending-writes.ts";
import type { TempFile } from "../files/temp-file.ts";
import { type FileNames, nameTooLong } from "../names/file-names.ts";

const unlinked = promisify(unlink);

export interface ObjectOptions {
  /** The local folder, for messages. */
  readonly folder: string;
  readonly store: ObjectStore;
  readonly names: FileNames;
  /** What the names of all objects begin with: empty, or with a slash at its end. */
  readonly within: string;
  readonly parts: PartialFiles;
  /** Maximum length of a name, in bytes of UTF-8. */
  readonly maxNameBytes: number;
  /** Put every body's digest into its record. */
  readonly hash: boolean;
  /** Returns why nothing may be written to the local disk any more, if so. */
  readonly checkSpace: (bytes: number) => Failure | undefined;
}

type Result = Stored | Failure;

/** Bytes of large bodies that wait for the store here without a slot. Above that a slow store holds the slots, and not the disk. */
const MAX_STAGED_BYTES = 1_073_741_824;

export function objectSink(options: ObjectOptions): Sink {
  const { folder, store, names, within, parts, maxNameBytes, hash, checkSpace } = options;
  const pending = pendingWrites();
  const disk = unlessStuck(unlessBusy(diskLatency()));
  const types = new WeakMap<Job, Readonly<Record<string, string>>>();
  /** Large bodies that are whole in the state folder, and wait for the store. */
  const whole = new WeakMap<Stored, TempFile>();
  let stagedBytes = 0;
  const staged = staging({ folder, parts, pending, disk, hash, checkSpace, handOver: hold });

  return {
    conflictOf(job, url) {
      const before = names.before(job)?.file;
      return before === undefined || names.of(job, url, undefined) !== before ? undefined : tooLong(before);
    },
    partialOf: (job) => parts.kept(job),
    drop: (job) => parts.drop(job),
    async link(job, url, twin): Promise<Result | undefined> {
      if (staged.lacksDigest(job, twin) || twin.file === undefined) return undefined;
      const target = targetOf(job, url, twin.type);
      if (isFailure(target)) return target;
      const { bytes, file = "" } = twin;
      return (await store.copy(file, target.file)) ? { bytes, file: target.file, ...digestsOf(twin) } : undefined;
    },
    write(job, url, answer) {
      const { body } = answer;
      const target = targetOf(job, url, answer.type);
      if (isFailure(target)) return cancelled(body, target);
      types.set(job, headersOf(answer));
      if (!("next" in body) && answer.from === undefined) return putSmall(target, answer, body);
      const writing =
        "next" in body ? staged.stream(target, url, answer, body) : staged.appendRest(target, answer, body);
      // The slot is free when the body is whole here.
      return writing.then(async (end) => {
        if (isFailure(end)) return end;
        const putting = pending.track(putStaged(target, end));
        return stagedBytes > MAX_STAGED_BYTES ? await putting : { storing: putting };
      });
    },
    abort() {
      pending.abort(() => false);
      store.abort();
    },
    isUnsure: () => pending.isUnsure,
    idle: () => pending.idle(),
    close: () => pending.close(),
  };

  function targetOf(job: Job, url: URL, type: string | undefined): Target | Failure {
    if (pending.isAborted) return STOPPED_BEFORE_WRITE;
    const name = names.of(job, url, type);
    const namesake = job.namesakes?.find((one) => one.file === name);
    if (namesake !== undefined) return isNameOf(namesake);
    const file = within + name;
    return tooLong(file) ?? checkSpace(0) ?? { job, path: `${folder}/${file}`, file };
  }

  function tooLong(file: string): Failure | undefined {
    const bytes = Buffer.byteLength(file);
    if (bytes <= maxNameBytes) return nameTooLong(file);
    return { error: "name_too_long", detail: `${bytes} bytes, and keys of objects have room for ${maxNameBytes}` };
  }

  function putSmall(target: Target, answer: Answer, pieces: readonly Uint8Array[]): Failure | WriteBehind<Result> {
    const { job } = target;
    const digests = staged.digestsOf(job, pieces);
    if (digests !== undefined && isFailure(digests)) {
      answer.free?.();
      return digests;
    }
    const coming = new Deferred<Result>();
    const putting = put(target, { pieces }, { bytes: lengthOf(pieces), ...digests }).finally(() => answer.free?.());
    pending.track(putting).then(
      (end) => coming.resolve(end),
      (error) => coming.resolve(staged.failureOf(error, target)),
    );
    return { storing: coming };
  }

  /** Never rejects, except with errno errors. */
  async function put(
    target: Target,
    content: ObjectBytes,
    about: Digests & { readonly bytes: number },
  ): Promise<Result> {
    const { job, file } = target;
    const failure = await store.put(file, content, types.get(job) ?? {});
    if (failure !== undefined) return failure;
    parts.forget(job);
    return { ...about, file };
  }

  /** Keeps a whole body for `putStaged`. */
  function hold({ file }: Target, part: TempFile, bytes: number, digests: Digests | undefined): Stored {
    const stored: Stored = { bytes, file, ...digests };
    whole.set(stored, part);
    return stored;
  }

  /** Puts a staged body, and removes it from the state folder. */
  async function putStaged(target: Target, stored: Stored): Promise<Result> {
    const { job } = target;
    const part = whole.get(stored);
    if (part === undefined) return staged.failureOf(new Error("a body without its file"), target);
    const { bytes } = stored;
    stagedBytes += bytes;
    try {
      const { file: _, ...about } = stored;
      const end = await put(target, { fd: part.fd, bytes }, about);
      if (isFailure(end)) return staged.abort(job, part, end);
      await part.closeAsync().catch(() => {});
      await unlinked(part.path).catch(() => {}); // the next run removes it
      return end;
    } catch (error) {
      return staged.abort(job, part, staged.failureOf(error, target));
    } finally {
      stagedBytes -= bytes;
    }
  }
}

/** What the store sends with the object again. */
function headersOf({ type, encoding }: Answer): Readonly<Record<string, string>> {
  return {
    ...(isHeaderValue(type) ? { "content-type": type } : {}),
    ...(isHeaderValue(encoding) ? { "content-encoding": encoding } : {}),
  };
}

/** Printable ASCII: others are encoded in as many ways as there are stores. */
function isHeaderValue(value: string | undefined): value is string {
  return value !== undefined && /^[\x21-\x7e][\x20-\x7e]{0,254}$/.test(value);
}
