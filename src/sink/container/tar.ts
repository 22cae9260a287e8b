// The format `tar`: one sample per line, the body and its record as JSON, ready for WebDataset.

import type { Digests } from "../../core/digest.ts";
import { escapedJson } from "../../core/escape.ts";
import { redacted } from "../../core/redact.ts";
import type { Capture, ContainerFormat } from "./container.ts";
import { paddingOf, type TarMember, tarHeader, tarHeaderBytes, writeTarHeader } from "./tar-header.ts";
import { sampleNames } from "./tar-names.ts";

/** `now`: milliseconds since 1970. */
export function tarFormat(now: () => number): ContainerFormat {
  return {
    small(capture, pieces) {
      const sample = sampleOf(capture, now());
      return {
        bytes: sample.bodyAt + capture.bytes + sample.restBytes,
        write(into, at) {
          let end = writeTarHeader(sample.body, into, at);
          for (const piece of pieces) {
            into.set(piece, end);
            end += piece.length;
          }
          writeRest(sample, into, end);
        },
      };
    },
    large(capture, fd) {
      const sample = sampleOf(capture, now());
      const rest = Buffer.allocUnsafe(sample.restBytes);
      writeRest(sample, rest, 0);
      return { before: tarHeader(sample.body), file: { fd, bytes: capture.bytes }, after: rest };
    },
    place({ file, bytes: bodyBytes }, { shard, offset, bytes }) {
      const { body } = sampleNames(file);
      const headerBytes = tarHeaderBytes({ name: body, bytes: bodyBytes, mtimeSeconds: 0 });
      return { shard, offset: offset + headerBytes, stored_bytes: bytes - headerBytes, member: body };
    },
  };
}

/** The two members of a line, and their lengths. */
interface Sample {
  readonly body: TarMember;
  readonly record: TarMember;
  readonly recordJson: string;
  /** Where the body begins. */
  readonly bodyAt: number;
  /** Length of what follows the body: its padding, and the whole member with the record. */
  readonly restBytes: number;
}

function sampleOf(capture: Capture, nowMs: number): Sample {
  const { file, bytes } = capture;
  const names = sampleNames(file);
  const mtimeSeconds = Math.floor(nowMs / 1000);
  const recordJson = `${escapedJson(JSON.stringify(recordOf(capture, names.body, nowMs)))}\n`;
  const recordBytes = Buffer.byteLength(recordJson);
  const body = { name: names.body, bytes, mtimeSeconds };
  const record = { name: names.record, bytes: recordBytes, mtimeSeconds };
  const restBytes = paddingOf(bytes) + tarHeaderBytes(record) + recordBytes + paddingOf(recordBytes);
  return { body, record, recordJson, bodyAt: tarHeaderBytes(body), restBytes };
}

/** Writes what follows the body. */
function writeRest({ body, record, recordJson }: Sample, into: Buffer, at: number): void {
  const recordAt = at + paddingOf(body.bytes);
  into.fill(0, at, recordAt);
  const jsonAt = writeTarHeader(record, into, recordAt);
  const end = jsonAt + into.write(recordJson, jsonAt);
  into.fill(0, end, end + paddingOf(record.bytes));
}

/** The time of the last record, as text: many records have the same. */
let timeMs = 0;
let time = "";

function timestamp(nowMs: number): string {
  if (nowMs !== timeMs) {
    timeMs = nowMs;
    time = new Date(nowMs).toISOString();
  }
  return time;
}

const NO_DIGESTS: Digests = {};

/** What is known of a line when its body is stored; the record in results.jsonl has its times and tries as well. */
function recordOf({ job, answer, bytes, digests }: Capture, member: string, nowMs: number): object {
  const { n, name, list, line, extra } = job;
  const { status, type, encoding, finalUrl: final_url, etag, lastModified: last_modified } = answer;
  const url = redacted(job.url);
  const { sha256, sha512, sha1, md5 } = digests ?? NO_DIGESTS;
  const at = timestamp(nowMs);
  // One literal: objects that are spread into it would cost more than all the rest of a small body.
  return {
    n,
    url,
    name,
    list,
    line,
    extra,
    member,
    status,
    bytes,
    type,
    encoding,
    final_url,
    etag,
    last_modified,
    sha256,
    sha512,
    sha1,
    md5,
    time: at,
  };
}
