// Uploads an object: in one request, or in equal parts where it is large.

import type { RequestBody } from "./body.ts";
import type { Bucket, ObjectHeaders } from "./bucket.ts";
import { isProblem, type StoreProblem } from "./problem.ts";
import type { UploadLog } from "./upload-log.ts";

/** What is uploaded. */
export interface Content {
  readonly bytes: number;
  /** The bytes from `from` on. May be called several times, also for ranges that overlap. */
  range(from: number, bytes: number): RequestBody;
}

/** Objects up to this size are put by one request. In bytes. */
const MAX_SINGLE_BYTES = 16_777_216;

/** The size of parts, in bytes: that of AWS's command line, which servers in between let through. S3 wants 5 MiB at least. */
const PART_BYTES = 8_388_608;

/** Maximum number of parts ("Amazon S3 multipart upload limits"). */
const MAX_PARTS = 10_000;

/** Parts of one object that are sent at a time, so that one object alone uses a fast network. */
const PARTS_AT_A_TIME = 4;

/** The size of the parts of an object, in bytes: all but the last are equal, as R2 requires; more bytes make larger parts, of whole MiB. */
export function partBytesOf(bytes: number): number {
  const least = Math.ceil(bytes / MAX_PARTS);
  return Math.max(PART_BYTES, Math.ceil(least / 1_048_576) * 1_048_576);
}

/**
 * Resolves when the store has the whole object. `last`: the same bucket, for aborting an upload of a run that is stopped. Rejects
 * with errno errors of reading.
 */
export async function upload(
  bucket: Bucket,
  last: Pick<Bucket, "abortUpload" | "uploads">,
  log: UploadLog,
  { key, content, headers }: { readonly key: string; readonly content: Content; readonly headers: ObjectHeaders },
): Promise<StoreProblem | undefined> {
  const { bytes } = content;
  if (bytes <= MAX_SINGLE_BYTES) return await bucket.put(key, content.range(0, bytes), headers);
  log.beginning(key);
  let tries = 0;
  const id = await bucket.beginUpload(key, headers, (tried) => {
    tries = tried;
  });
  if (isProblem(id)) {
    // Whether there is an upload is known where the store has refused it.
    if (id.isUncertain !== true && id.code !== "ABORTED") log.ended(key);
    return id;
  }
  log.begun(key, id);
  let problem: StoreProblem | undefined;
  let isDone = false;
  try {
    const etags = await putParts(bucket, key, id, content);
    problem = isProblem(etags) ? etags : await bucket.completeUpload(key, id, etags);
    isDone = problem === undefined;
  } finally {
    const isAborted = isDone || (await last.abortUpload(key, id)) === undefined;
    // A try whose answer was lost may have begun another upload.
    if (isAborted && (tries < 2 || (await abortByKey(last, key)) === undefined)) log.ended(key);
  }
  return problem;
}

/** Returns the entity tags of the parts, in order. */
async function putParts(
  bucket: Bucket,
  key: string,
  id: string,
  { bytes, range }: Content,
): Promise<readonly string[] | StoreProblem> {
  const partBytes = partBytesOf(bytes);
  const count = Math.ceil(bytes / partBytes);
  const etags: string[] = [];
  let next = 0;
  let failed: StoreProblem | undefined;
  const lane = async () => {
    while (next < count && failed === undefined) {
      const part = next++;
      const from = part * partBytes;
      const etag = await bucket.putPart(key, id, part + 1, range(from, Math.min(partBytes, bytes - from)));
      if (isProblem(etag)) failed ??= etag;
      else etags[part] = etag;
    }
  };
  const lanes = Array.from({ length: Math.min(PARTS_AT_A_TIME, count) }, lane);
  const ends = await Promise.allSettled(lanes);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return failed ?? etags;
}

/** Aborts all uploads of a key. Their ids are unknown: a run was killed, or an answer lost, before they were. */
export async function abortByKey(
  bucket: Pick<Bucket, "abortUpload" | "uploads">,
  key: string,
): Promise<StoreProblem | undefined> {
  const uploads = await bucket.uploads(key);
  if (isProblem(uploads)) return uploads;
  for (const one of uploads) {
    const problem = one.key === key ? await bucket.abortUpload(key, one.id) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}
