// Makes the WARC records of an exchange: request, response, revisit and metadata; and the warcinfo at the beginning of a file.

import type { WireExchange } from "../../core/wire.ts";
import { type Digest, type DigestLabel, digestOf } from "./digest.ts";
import { gzipMember } from "./gzip-member.ts";
import { newRecordId, RECORD_END, type RecordHead, type RecordReference, recordHead } from "./record-head.ts";

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
): Uint8Array {
  const block = fieldsBlock(info);
  const about = { type: "warcinfo", id: newRecordId(), date: isoDate(nowMs), filename } as const;
  return record({ ...about, contentType: FIELDS }, block, "sha1", false);
}

export function requestRecord({ exchange, id, date }: Captured, label: DigestLabel): Uint8Array {
  const about = { type: "request", id: newRecordId(), date, concurrentTo: id, ...origin(exchange) } as const;
  // Stored: a request is so short that its state of zlib would cost ten times as much as the bytes that it saves.
  return record({ ...about, contentType: REQUEST }, exchange.request, label, true);
}

export function responseRecord(of: Captured, response: ArchivedResponse, label: DigestLabel): Uint8Array {
  const { block, payload, isWhole, isPacked } = response;
  const truncated = isWhole ? undefined : "length";
  const about: Common = {
    type: "response",
    ...identified(of),
    payloadDigest: payload.text,
    truncated,
    contentType: RESPONSE,
  };
  return record(about, block, label, isPacked);
}

/** The head of a response record whose block follows elsewhere. */
export function responseHeadText(
  of: Captured,
  digests: { readonly payload: Digest; readonly block: Digest },
  blockBytes: number,
): string {
  return recordHead({
    type: "response",
    ...identified(of),
    payloadDigest: digests.payload.text,
    blockDigest: digests.block.text,
    contentType: RESPONSE,
    contentLength: blockBytes,
  });
}

/** A record of an answer whose body is in another record. `payloadDigest`: of that body. */
export function revisitRecord(
  of: Captured,
  profile: RevisitProfile,
  head: Uint8Array,
  original: { readonly reference: RecordReference | undefined; readonly payloadDigest: string | undefined },
  label: DigestLabel,
): Uint8Array {
  const about: Common = {
    type: "revisit",
    ...identified(of),
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
): Uint8Array {
  const about = { type: "metadata", id: newRecordId(), date, uri: exchange.url, concurrentTo: id } as const;
  return record({ ...about, contentType: FIELDS }, fieldsBlock(fields), label, true);
}

type Common = Omit<RecordHead, "blockDigest" | "contentLength">;

function record(about: Common, block: Uint8Array, label: DigestLabel, isPacked: boolean): Uint8Array {
  const head = recordHead({ ...about, blockDigest: digestOf(label, block).text, contentLength: block.length });
  return gzipMember(Buffer.concat([Buffer.from(head), block, RECORD_END]), isPacked);
}

function identified({ exchange, id, date }: Captured) {
  return { id, date, ...origin(exchange) };
}

function origin({ url, address, protocol }: WireExchange) {
  // Of HTTP/1 the block itself shows the version.
  return { uri: url, address, protocol: protocol === "h2" ? protocol : undefined };
}

function fieldsBlock(fields: readonly (readonly [string, string])[]): Uint8Array {
  return Buffer.from(fields.map(([name, value]) => `${name}: ${value.replace(/[\x00-\x1f\x7f]/g, " ")}\r\n`).join(""));
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString();
}
