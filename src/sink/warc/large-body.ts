// Reads a large body out of its file: for its digests, and samples of it.

import { readAt } from "../../fs/positioned-io.ts";
import { SAMPLE_BYTES, samplePositions } from "./gzip/deflate.ts";
import { type DigestLabel, startDigest } from "./records/digest.ts";

/** The unit in which large bodies are read for their digests. */
const READ_BYTES = 1_048_576;

/** The digests of the body, and of it behind its head. Rejects with an errno error. */
export async function digestsOf(head: Uint8Array, fd: number, bytes: number, label: DigestLabel) {
  const [payload, block] = [startDigest(label), startDigest(label)];
  block.update(head);
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes));
  for (let at = 0; at < bytes; ) {
    const length = await readAt(fd, buffer.subarray(0, bytes - at), at);
    if (length === 0) throw Object.assign(new Error("a body is shorter than it was"), { code: "EIO" });
    const piece = buffer.subarray(0, length);
    payload.update(piece);
    block.update(piece);
    at += length;
  }
  return { payload: payload.result(), block: block.result() };
}

export async function samplesOf(fd: number, bytes: number): Promise<readonly Uint8Array[]> {
  const samples: Uint8Array[] = [];
  for (const at of samplePositions(bytes)) {
    const sample = Buffer.allocUnsafe(SAMPLE_BYTES);
    samples.push(sample.subarray(0, await readAt(fd, sample, at)));
  }
  return samples;
}
