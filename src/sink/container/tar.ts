// The format `tar`: one sample per line, the body and its record as JSON, ready for WebDataset.

import { escapedJson } from "../../core/escape.ts";
import { redacted } from "../../core/redact.ts";
import type { Capture, ContainerFormat } from "./container.ts";
import { paddingOf, tarHeader } from "./tar-header.ts";
import { sampleNames } from "./tar-names.ts";

const ZEROS = Buffer.alloc(512);

/** `now`: milliseconds since 1970. */
export function tarFormat(now: () => number): ContainerFormat {
  return {
    small(capture, pieces) {
      const [header, after] = around(capture, now());
      return { before: [header, ...pieces], after };
    },
    large(capture, fd) {
      const [header, after] = around(capture, now());
      return { before: [header], file: { fd, bytes: capture.bytes }, after };
    },
    place({ file }, { before }, { shard, offset, bytes }) {
      const headerBytes = before[0]?.length ?? 0;
      return {
        ...{ shard, offset: offset + headerBytes, stored_bytes: bytes - headerBytes },
        member: sampleNames(file).body,
      };
    },
  };
}

/** The header before the body, and what follows it: padding, and the member with the record. */
function around(capture: Capture, nowMs: number): readonly [Uint8Array, Uint8Array[]] {
  const { file, bytes } = capture;
  const names = sampleNames(file);
  const mtimeSeconds = Math.floor(nowMs / 1000);
  const record = Buffer.from(`${escapedJson(JSON.stringify(recordOf(capture, names.body, nowMs)))}\n`);
  return [
    tarHeader({ name: names.body, bytes, mtimeSeconds }),
    [
      ZEROS.subarray(0, paddingOf(bytes)),
      tarHeader({ name: names.record, bytes: record.length, mtimeSeconds }),
      record,
      ZEROS.subarray(0, paddingOf(record.length)),
    ],
  ];
}

/** What is known of a line when its body is stored; the record in results.jsonl has its times and tries as well. */
function recordOf({ job, answer, bytes, digests }: Capture, member: string, nowMs: number): object {
  const { n, name, list, line, extra } = job;
  const { status, type, encoding, finalUrl, etag, lastModified } = answer;
  return {
    ...{
      n,
      url: redacted(job.url),
      name,
      list,
      line,
      extra,
      member,
      status,
      bytes,
      type,
      encoding,
      final_url: finalUrl,
      etag,
    },
    ...{ last_modified: lastModified, ...digests, time: new Date(nowMs).toISOString() },
  };
}
