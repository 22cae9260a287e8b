// Makes the WARC records of an exchange: request, response, revisit and metadata; and the warcinfo at the beginning of a file.

import type { WireExchange } from "../../../core/wire.ts";
import { lengthOf } from "../../../fs/write-all.ts";
import { type Digest, type DigestLabel, digestOf, digestOfPieces } from "./digest.ts";
import { type GzipMember, gzipMember, memberOfPieces } from "./gzip-member.ts";
import { newRecordId, type RecordHead, type RecordReference, recordHead } from "./record-head.ts";

/** One exchange, with what its records have in common. */
export interface Captured {
  readonly exchange: WireExchange;
  /** The ID of its response or revisit record. */
  readonly id: string;
  readonly date: string;
}

export function captured(exchange: WireExchange): Captured {
  return { exchange, id: newRecordId(), date: isoDate(exchange.sentMs) };
}

/** A response as it is archived. */
export interface ArchivedResponse {
  /** Its head, as far as it had to be changed, and its body. */
  readonly block: Uint8Array;
  readonly payload: Digest;
  /** Whether that is all of the body. */
  readonly isWhole: boolean;
  /** Whether deflating does not make the body smaller. */
  readonly isPacked: boolean;
}

/** A response whose head and body are in pieces. */
export interface LongResponse extends Pick<ArchivedResponse, "payload" | "isPacked"> {
  readonly block: readonly Uint8Array[];
}

const RESPONSE = "application/http;msgtype=response";
const REQUEST = "application/http;msgtype=request";
const FIELDS = "application/warc-fields";

const REVISIT_PROFILES = {
  "identical-payload-digest": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
  "server-not-modified": "http://netpreserve.org/warc/1.1/revisit/server-not-modified",
} as const;

export type RevisitProfile = keyof typeof REVISIT_PROFILES;

export function warcinfoRecord(
  filename: string,
  nowMs: number,
  info: readonly (readonly [string, string])[],
): GzipMember {
  const about: RecordHead = {
    type: "warcinfo",
    id: newRecordId(),
    date: isoDate(nowMs),
    filename,
    contentType: FIELDS,
  };
  return record(about, fieldsBlock(info), "sha1", false);
}

export function requestRecord(of: Captured, label: DigestLabel): GzipMember {
  return record(requestAbout(of, newRecordId()), latin1(of.exchange.request), label, true);
}

export function requestAbout({ exchange, id: concurrentTo, date }: Captured, id: string): RecordHead {
  return { type: "request", id, date, exchange, concurrentTo, contentType: REQUEST };
}

export function responseRecord(of: Captured, response: ArchivedResponse, label: DigestLabel): GzipMember {
  const { block, payload, isWhole, isPacked } = response;
  return record(responseAbout(of, payload.text, isWhole ? undefined : "length"), block, label, isPacked);
}

/** As `responseRecord`, of a whole body in pieces, which stay as they are until the record is written. */
export function longResponseRecord(
  of: Captured,
  { block, payload, isPacked }: LongResponse,
  label: DigestLabel,
): Promise<GzipMember> {
  const digests = { payload, block: digestOfPieces(label, block) };
  return memberOfPieces(responseHeadText(of, digests, lengthOf(block)), block, isPacked);
}

/** The head of a response record whose block follows elsewhere. */
export function responseHeadText(
  of: Captured,
  digests: { readonly payload: Digest; readonly block: Digest },
  blockBytes: number,
): string {
  return recordHead(responseAbout(of, digests.payload.text), digests.block.text, blockBytes);
}

export function responseAbout(
  { exchange, id, date }: Captured,
  payloadDigest: string,
  truncated?: "length",
): RecordHead {
  return { type: "response", id, date, exchange, truncated, payloadDigest, contentType: RESPONSE };
}

/** A record of an answer whose body is in another record. `payloadDigest`: of that body. */
export function revisitRecord(
  { exchange, id, date }: Captured,
  profile: RevisitProfile,
  head: Uint8Array,
  original: { readonly reference: RecordReference | undefined; readonly payloadDigest: string | undefined },
  label: DigestLabel,
): GzipMember {
  const about: RecordHead = {
    type: "revisit",
    id,
    date,
    exchange,
    profile: REVISIT_PROFILES[profile],
    refersTo: original.reference,
    // A 304 has no body that could be left out.
    truncated: profile === "identical-payload-digest" ? "length" : undefined,
    payloadDigest: original.payloadDigest,
    contentType: RESPONSE,
  };
  return record(about, head, label, false);
}

export function metadataRecord(
  { exchange, id, date }: Captured,
  fields: readonly (readonly [string, string])[],
  label: DigestLabel,
): GzipMember {
  const about: RecordHead = {
    type: "metadata",
    id: newRecordId(),
    date,
    exchange,
    concurrentTo: id,
    contentType: FIELDS,
  };
  return record(about, fieldsBlock(fields), label, true);
}

function record(about: RecordHead, block: Uint8Array, label: DigestLabel, isPacked: boolean): GzipMember {
  return gzipMember(recordHead(about, digestOf(label, block).text, block.length), block, isPacked);
}

/** Bytes of text in Latin-1. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function fieldsBlock(fields: readonly (readonly [string, string])[]): Uint8Array {
  return Buffer.from(fields.map(([name, value]) => `${name}: ${value.replace(/[\x00-\x1f\x7f]/g, " ")}\r\n`).join(""));
}

/** The last date, as text: many records have the same. */
let dateMs = Number.NaN;
let date = "";

export function isoDate(ms: number): string {
  if (ms !== dateMs) {
    dateMs = ms;
    date = new Date(ms).toISOString();
  }
  return date;
}
