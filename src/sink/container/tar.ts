// The format `tar`: one sample per line, the body and its record as JSON, ready for WebDataset.

import type { Digests } from "../../core/digest.ts";
import { escapedJson } from "../../core/text/escape.ts";
import { redacted } from "../../core/url/redact.ts";
import type { Capture, ContainerFormat } from "./container-format.ts";
import { paddingOf, type TarMember, tarHeader, tarHeaderBytes, writeTarHeader } from "./tar-header.ts";
import { sampleNames } from "./tar-names.ts";

/** Copying a longer body costs more than writing it from where it is, in bytes. */
const MAX_COMPOSED_BYTES = 16_384;

/** `now`: milliseconds since 1970. */
export function tarFormat(now: () => number): ContainerFormat {
  return {
    sharesBodies: true,
    small(capture, pieces) {
      const sample = sampleOf(capture, now());
      const bytes = sample.bodyAt + capture.bytes + sample.restBytes;
      if (capture.bytes > MAX_COMPOSED_BYTES)
        return { bytes, pieces: [tarHeader(sample.body), ...pieces, restOf(sample)] };
      return {
        bytes,
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
      return { before: tarHeader(sample.body), file: { fd, bytes: capture.bytes }, after: restOf(sample) };
    },
    place({ job, file, bytes: bodyBytes }, { shard, offset, bytes }) {
      const { body } = sampleNames(file, job.text !== undefined);
      const headerBytes = tarHeaderBytes({ name: body, bytes: bodyBytes, mtimeSeconds: 0 });
      return { shard, offset: offset + headerBytes, stored_bytes: bytes - headerBytes, member: body };
    },
  };
}

/** The members of a line, and their lengths. */
interface Sample {
  readonly body: TarMember;
  /** The members after the body: the text, if there is one, and the record. */
  readonly texts: readonly TextMember[];
  /** Where the body begins. */
  readonly bodyAt: number;
  /** Length of what follows the body: its padding, and the whole members after it. */
  readonly restBytes: number;
}

interface TextMember extends TarMember {
  readonly text: string;
}

function sampleOf(capture: Capture, nowMs: number): Sample {
  const { job, file, bytes } = capture;
  const names = sampleNames(file, job.text !== undefined);
  const mtimeSeconds = Math.floor(nowMs / 1000);
  const record = textMember(names.record, recordOf(capture, names.body, nowMs), mtimeSeconds);
  const texts = job.text === undefined ? [record] : [textMember(names.text, job.text, mtimeSeconds), record];
  const body = { name: names.body, bytes, mtimeSeconds };
  let restBytes = paddingOf(bytes);
  for (const one of texts) restBytes += tarHeaderBytes(one) + one.bytes + paddingOf(one.bytes);
  return { body, texts, bodyAt: tarHeaderBytes(body), restBytes };
}

function textMember(name: string, text: string, mtimeSeconds: number): TextMember {
  return { name, text, bytes: Buffer.byteLength(text), mtimeSeconds };
}

/** What follows the body, in a buffer of its own. */
function restOf(sample: Sample): Buffer {
  const rest = Buffer.allocUnsafe(sample.restBytes);
  writeRest(sample, rest, 0);
  return rest;
}

/** Writes what follows the body. */
function writeRest({ body, texts }: Sample, into: Buffer, at: number): void {
  let end = at + paddingOf(body.bytes);
  into.fill(0, at, end);
  for (const one of texts) {
    const textAt = writeTarHeader(one, into, end);
    const textEnd = textAt + into.write(one.text, textAt);
    end = textEnd + paddingOf(one.bytes);
    into.fill(0, textEnd, end);
  }
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

/**
 * What is known of a line when its body is stored, as JSON; the record in results.jsonl has its times and tries as well. Put together
 * field by field: `JSON.stringify` takes as long as all the rest of a small body.
 */
function recordOf({ job, answer, bytes, digests }: Capture, member: string, nowMs: number): string {
  const { n, name, list, line, extra } = job;
  const { status, type, encoding, finalUrl, etag, lastModified } = answer;
  const { sha256, sha512, sha1, md5 } = digests ?? NO_DIGESTS;
  return (
    `{"n":${n},"url":${jsonText(redacted(job.url))}` +
    field("name", name) +
    field("list", list) +
    (line === undefined ? "" : `,"line":${line}`) +
    (extra === undefined ? "" : `,"extra":${escapedJson(JSON.stringify(extra))}`) +
    `,"member":${jsonText(member)},"status":${status},"bytes":${bytes}` +
    field("type", type) +
    field("encoding", encoding) +
    field("final_url", finalUrl) +
    field("etag", etag) +
    field("last_modified", lastModified) +
    field("sha256", sha256) +
    field("sha512", sha512) +
    field("sha1", sha1) +
    field("md5", md5) +
    `,"time":"${timestamp(nowMs)}"}\n`
  );
}

function field(name: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${name}":${jsonText(value)}`;
}

/** Text that is the same in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

function jsonText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : escapedJson(JSON.stringify(text));
}
