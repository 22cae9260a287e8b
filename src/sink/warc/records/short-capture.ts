// The records of a usual capture, a request and a short response: composed where they are written, with their digests.

import { hash } from "node:crypto";
import type { WireExchange } from "../../../core/wire.ts";
import { lengthOf } from "../../../fs/write-all.ts";
import type { SmallGroup } from "../../container/group.ts";
import {
  BLOCK_HEADER_BYTES,
  HEADER,
  HEADER_BYTES,
  MAX_BLOCK_BYTES,
  TRAILER_BYTES,
  writeBlockHeader,
  writeTrailer,
  zlib,
} from "../gzip/gzip-format.ts";
import { blankDigest, type DigestLabel, writeBase32 } from "./digest.ts";
import { MIN_DEFLATED_BYTES } from "./gzip-member.ts";
import { HeadTemplate, MARKS } from "./head-template.ts";
import { RECORD_END } from "./record-head.ts";
import { UUID_BYTES, writeUuid } from "./record-ids.ts";
import { isoDate, requestAbout, responseAbout } from "./records.ts";

/** What a member has before its content, and before and behind it, in bytes. */
const BEFORE_BYTES = HEADER_BYTES + BLOCK_HEADER_BYTES;
const AROUND_BYTES = BEFORE_BYTES + TRAILER_BYTES;

const DATE_BYTES = 24;

export interface ShortResponse {
  /** As it is archived, in Latin-1. */
  readonly head: string;
  /** All of it, which stays as it is until the group is written. */
  readonly body: readonly Uint8Array[];
  /** Whether deflating does not make it smaller. */
  readonly isPacked: boolean;
}

/** The group of a capture without redirects. Undefined where one of its records is not in one stored block. */
export function shortCapture(
  exchange: WireExchange,
  response: ShortResponse,
  label: DigestLabel,
): SmallGroup | undefined {
  const templates = templatesFor(exchange, label);
  const { head, body, isPacked } = response;
  const request = recordBytes(templates.request, exchange, exchange.request.length);
  const answer = recordBytes(templates.response, exchange, head.length + lengthOf(body));
  const isShort = request <= MAX_BLOCK_BYTES && answer <= (isPacked ? MAX_BLOCK_BYTES : MIN_DEFLATED_BYTES - 1);
  return isShort ? new ShortCapture(templates, exchange, response, request, answer) : undefined;
}

function recordBytes(template: HeadTemplate, exchange: WireExchange, blockBytes: number): number {
  return template.bytes(exchange, blockBytes) + blockBytes + RECORD_END.length;
}

/** The templates of both records, for exchanges of one protocol, with an address or without. */
interface Templates {
  readonly protocol: WireExchange["protocol"];
  readonly hasAddress: boolean;
  readonly label: DigestLabel;
  readonly request: HeadTemplate;
  readonly response: HeadTemplate;
}

/** Those that were used last: nearly all exchanges of a run have the same. */
let last: Templates | undefined;

function templatesFor({ protocol, address }: WireExchange, label: DigestLabel): Templates {
  const hasAddress = address !== undefined;
  if (last?.protocol === protocol && last.hasAddress === hasAddress && last.label === label) return last;
  const marked = { protocol, url: MARKS.url, address: hasAddress ? MARKS.address : undefined };
  const exchange = { ...marked, sentMs: 0, request: "", response: "" };
  const of = { exchange, date: MARKS.date.repeat(DATE_BYTES) };
  const id = (mark: string) => `<urn:uuid:${mark.repeat(UUID_BYTES)}>`;
  const digest = (mark: string) => blankDigest(label).replaceAll("A", mark);
  const request = requestAbout({ ...of, id: id(MARKS.concurrentTo) }, id(MARKS.id));
  const response = responseAbout({ ...of, id: id(MARKS.id) }, digest(MARKS.payload));
  const blockDigest = digest(MARKS.block);
  last = {
    ...{ protocol, hasAddress, label },
    request: new HeadTemplate(request, blockDigest),
    response: new HeadTemplate(response, blockDigest),
  };
  return last;
}

/** The ID of the response, which both records have. */
const responseId = Buffer.alloc(UUID_BYTES);

/** The last date, as text: many records have the same. */
const date = Buffer.alloc(DATE_BYTES);
let dateMs = Number.NaN;

/** A class: one is made per URL. */
class ShortCapture implements SmallGroup {
  readonly bytes: number;
  readonly leadBytes: number;
  private readonly templates: Templates;
  private readonly exchange: WireExchange;
  private readonly response: ShortResponse;
  /** Lengths of the records. */
  private readonly requestBytes: number;
  private readonly responseBytes: number;

  constructor(
    templates: Templates,
    exchange: WireExchange,
    response: ShortResponse,
    requestBytes: number,
    responseBytes: number,
  ) {
    this.templates = templates;
    this.exchange = exchange;
    this.response = response;
    this.requestBytes = requestBytes;
    this.responseBytes = responseBytes;
    this.leadBytes = AROUND_BYTES + requestBytes;
    this.bytes = this.leadBytes + AROUND_BYTES + responseBytes;
  }

  write(into: Buffer, at: number): void {
    const { exchange } = this;
    if (exchange.sentMs !== dateMs) {
      dateMs = exchange.sentMs;
      date.write(isoDate(dateMs), "latin1");
    }
    writeUuid(responseId, 0);
    this.writeRequest(into, at);
    this.writeResponse(into, at + this.leadBytes);
  }

  private writeRequest(into: Buffer, at: number): void {
    const { templates, exchange, requestBytes } = this;
    const { request: template, label } = templates;
    const { request: block } = exchange;
    const headAt = at + BEFORE_BYTES;
    const blockAt = headAt + requestBytes - RECORD_END.length - block.length;
    const tailAt = template.write(into, headAt, exchange, block.length);
    writeUuid(into, headAt + template.idAt);
    into.set(date, headAt + template.dateAt);
    into.set(responseId, tailAt + template.concurrentToAt);
    into.write(block, blockAt, "latin1");
    writeDigest(label, bytesIn(into, blockAt, block.length), into, tailAt + template.blockAt);
    endMember(into, at, requestBytes);
  }

  private writeResponse(into: Buffer, at: number): void {
    const { templates, exchange, response, responseBytes } = this;
    const { response: template, label } = templates;
    const { head, body } = response;
    const headAt = at + BEFORE_BYTES;
    const endAt = headAt + responseBytes - RECORD_END.length;
    const blockBytes = head.length + lengthOf(body);
    const blockAt = endAt - blockBytes;
    const bodyAt = blockAt + head.length;
    const tailAt = template.write(into, headAt, exchange, blockBytes);
    into.set(responseId, headAt + template.idAt);
    into.set(date, headAt + template.dateAt);
    into.write(head, blockAt, "latin1");
    let pieceAt = bodyAt;
    for (const piece of body) {
      into.set(piece, pieceAt);
      pieceAt += piece.length;
    }
    writeDigest(label, bytesIn(into, bodyAt, endAt - bodyAt), into, tailAt + template.payloadAt);
    writeDigest(label, bytesIn(into, blockAt, blockBytes), into, tailAt + template.blockAt);
    endMember(into, at, responseBytes);
  }
}

/** Writes what is around the content of a member, which is there but for the end of its record. */
function endMember(into: Buffer, at: number, contentBytes: number): void {
  const contentAt = at + BEFORE_BYTES;
  const endAt = contentAt + contentBytes;
  into.set(HEADER, at);
  writeBlockHeader(into, at + HEADER_BYTES, contentBytes, true);
  into.set(RECORD_END, endAt - RECORD_END.length);
  writeTrailer(into, endAt, zlib().crc32(bytesIn(into, contentAt, contentBytes)), contentBytes);
}

function writeDigest(label: DigestLabel, bytes: Uint8Array, into: Uint8Array, at: number): void {
  writeBase32(hash(label, bytes, "binary"), into, at);
}

/** A part of a buffer: `subarray` takes three times as long. */
function bytesIn({ buffer, byteOffset }: Buffer, at: number, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + at, length);
}
