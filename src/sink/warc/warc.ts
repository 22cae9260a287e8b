// The format `warc`: for each line its request and response as they were sent and received, redirects included (WARC 1.1).

import type { Job, ShardRecord } from "../../core/job.ts";
import type { Answer } from "../../core/ports.ts";
import { redacted } from "../../core/url/redact.ts";
import type { Wire, WireResponse } from "../../core/wire.ts";
import type { Capture, ContainerFormat } from "../container/container-format.ts";
import { behindLead, composed, type Group, type PiecesGroup, type SmallGroup } from "../container/group.ts";
import { findRecord, type ShardPaths } from "./find-record.ts";
import { isDeflatable } from "./gzip/deflate.ts";
import { piecewiseMember } from "./gzip/piecewise-member.ts";
import { asWhole, withoutTransferCoding } from "./http-head.ts";
import { digestsOf, samplesOf } from "./large-body.ts";
import { originals } from "./originals.ts";
import { isPacked } from "./packed-types.ts";
import { contentEncoding, responseHead } from "./parse-head.ts";
import { type Digest, type DigestLabel, digestOf, digestOfPieces } from "./records/digest.ts";
import { bytesOf, type GzipMember, joined, writeAll } from "./records/gzip-member.ts";
import { RECORD_END } from "./records/record-head.ts";
import {
  type Captured,
  captured,
  latin1,
  longResponseRecord,
  metadataRecord,
  requestRecord,
  responseHeadText,
  responseRecord,
  revisitRecord,
  warcinfoRecord,
} from "./records/records.ts";
import { shortCapture } from "./records/short-capture.ts";

export interface WarcOptions {
  readonly label: DigestLabel;
  /** Write a metadata record for each response. */
  readonly hasMetadata: boolean;
  /** Write a revisit record where this run has stored the same body before. */
  readonly isDeduped: boolean;
  /** The fields of warcinfo. */
  readonly info: readonly (readonly [string, string])[];
  /** What follows the number in the names of WARC files. */
  readonly infix: string;
  readonly pathsOf: ShardPaths;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A revisit record of a shorter body would save next to nothing. */
const MIN_DUPLICATE_BYTES = 1024;

/** Bodies of this length are deflated in the thread pool, or written from where they are, in bytes. */
const MIN_LONG_BYTES = 65_536;

/** What is known of a capture before it is written, to be known of later ones with the same payload. */
interface Layout {
  readonly payload: Digest;
  readonly refersTo: ShardRecord | undefined;
}

export function warcFormat(options: WarcOptions): ContainerFormat {
  const { label, hasMetadata, isDeduped, info, infix, pathsOf, now } = options;
  const layouts = new WeakMap<Capture, Layout>();
  const seen = isDeduped ? originals(infix) : undefined;

  return {
    sharesBodies: true,
    begin: (shard) => joined([warcinfoRecord(shard, now(), info)]),
    small(capture, pieces) {
      const { answer } = capture;
      const wire = wireOf(answer);
      const text = headOf(answer, capture.bytes);
      const isStored = isPacked(answer.type, answer.encoding);
      if (wire.hops.length === 0 && !isDeduped && !hasMetadata) {
        const short = shortCapture(wire, { head: text, body: pieces, isPacked: isStored }, label);
        if (short !== undefined) return short;
      }
      const of = captured(wire);
      const head = latin1(text);
      if (capture.bytes >= MIN_LONG_BYTES) return long(capture, of, head, pieces);
      const block = Buffer.concat([head, ...pieces]);
      const payload = digestOf(label, block.subarray(head.length));
      const response = { block, payload, isWhole: true, isPacked: isStored };
      return revisit(capture, of, head, payload) ?? group(capture, of, payload, responseRecord(of, response, label));
    },
    async large(capture, fd) {
      const { answer, bytes } = capture;
      const of = captured(wireOf(answer));
      const head = latin1(headOf(answer, bytes));
      const digests = await digestsOf(head, fd, bytes, label);
      const again = revisit(capture, of, head, digests.payload);
      if (again !== undefined) {
        const before = Buffer.concat(composed([{ group: again, bytes: again.bytes }], NOTHING));
        return { leadBytes: again.leadBytes ?? 0, before, file: { fd, bytes: 0 }, after: NOTHING };
      }
      const lead = leadOf(of);
      if (isDeduped) layouts.set(capture, { payload: digests.payload, refersTo: undefined });
      const isStored = isPacked(answer.type, answer.encoding) || !isDeflatable(await samplesOf(fd, bytes));
      const heads = Buffer.concat([Buffer.from(responseHeadText(of, digests, head.length + bytes)), head]);
      const { header, store, encode, ...member } = piecewiseMember(heads.length + bytes + RECORD_END.length, isStored);
      const at = bytesOf(lead);
      const end = () => Buffer.concat([member.end(RECORD_END), joined(metadataOf(capture, of))]);
      const { endedHeader } = member;
      const amend = endedHeader && (() => ({ at, bytes: endedHeader() }));
      return {
        leadBytes: at,
        before: Buffer.concat([joined(lead), header, store(heads)]),
        file: { fd, bytes, encoder: { encode, end, amend } },
        after: NOTHING,
      };
    },
    place(capture, at, own) {
      const place = behindLead(own, at);
      const layout = isDeduped ? layouts.get(capture) : undefined;
      if (layout === undefined) return place;
      if (layout.refersTo !== undefined) return { ...place, refers_to: layout.refersTo };
      if (capture.bytes >= MIN_DUPLICATE_BYTES) seen?.add(layout.payload.bytes, place);
      return place;
    },
    kept(job, wire) {
      const of = captured(wire);
      const lead = leadOf(of);
      return groupOf(lead, ["isWhole" in wire ? failedRecord(of, wire, label) : notModifiedRecord(of, job)]);
    },
  };

  /** The group of a body that is not copied. */
  async function long(capture: Capture, of: Captured, head: Uint8Array, pieces: readonly Uint8Array[]): Promise<Group> {
    const { type, encoding } = capture.answer;
    const payload = digestOfPieces(label, pieces);
    const again = revisit(capture, of, head, payload);
    if (again !== undefined) return again;
    const response = { block: [head, ...pieces], payload, isPacked: isPacked(type, encoding) };
    return group(capture, of, payload, await longResponseRecord(of, response, label));
  }

  /** The group of a body that this run has stored before; undefined where it has not. */
  function revisit(
    capture: Capture,
    of: Captured,
    head: Uint8Array,
    payload: Digest,
  ): SmallGroup | PiecesGroup | undefined {
    const place = capture.bytes < MIN_DUPLICATE_BYTES ? undefined : seen?.find(payload.bytes);
    const original = place && findRecord(place, pathsOf);
    if (place === undefined || original?.payloadDigest !== payload.text) return undefined;
    return group(capture, of, payload, revisitRecord(of, "identical-payload-digest", head, original, label), place);
  }

  function group(
    capture: Capture,
    of: Captured,
    payload: Digest,
    record: GzipMember,
    refersTo?: ShardRecord,
  ): SmallGroup | PiecesGroup {
    const lead = leadOf(of);
    if (isDeduped) layouts.set(capture, { payload, refersTo });
    return groupOf(lead, [record, ...metadataOf(capture, of)]);
  }

  /** What comes before the record of the answer: the redirects, and the request. */
  function leadOf(of: Captured): readonly GzipMember[] {
    const request = requestRecord(of, label);
    const { hops } = of.exchange as Wire;
    if (hops.length === 0) return [request];
    const members = hops.flatMap((hop) => {
      const at = captured(hop);
      return [requestRecord(at, label), failedRecord(at, hop, label)];
    });
    return [...members, request];
  }

  function metadataOf({ job, answer }: Capture, of: Captured): readonly GzipMember[] {
    if (!hasMetadata) return [];
    const fields = [
      ["fetchTimeMs", String(Math.max(0, now() - of.exchange.sentMs))],
      ["line", String(job.n)],
      ...(answer.finalUrl === undefined ? [] : [["via", redacted(job.url)] as const]),
    ] as const;
    return [metadataRecord(of, fields, label)];
  }

  /** The record of a 304: the body is that which the validators of the request are from. */
  function notModifiedRecord(of: Captured, { known }: Job): GzipMember {
    const original = known !== undefined && "refers_to" in known ? findRecord(known.refers_to, pathsOf) : undefined;
    const head = latin1(withoutTransferCoding(of.exchange.response));
    return revisitRecord(of, "server-not-modified", head, original ?? UNKNOWN, label);
  }
}

const NOTHING = Buffer.alloc(0);

/** The shard of the original was moved away. */
const UNKNOWN = { reference: undefined, payloadDigest: undefined };

function wireOf({ wire }: Answer): Wire {
  if (wire === undefined) throw new Error("an answer without what was sent and received");
  return wire;
}

/** The head of the response as it is archived. */
function headOf({ from, wire }: Answer, bytes: number): string {
  const head = withoutTransferCoding(wire?.response ?? "");
  return from === undefined ? head : asWhole(head, bytes);
}

/** The record of a response whose body is not saved: of a redirect, or of a final answer that is not 2xx. */
function failedRecord(of: Captured, { body, isWhole }: WireResponse, label: DigestLabel): GzipMember {
  const head = latin1(withoutTransferCoding(of.exchange.response));
  const block = Buffer.concat([head, ...body]);
  const { type } = responseHead(block);
  const payload = digestOf(label, block.subarray(head.length));
  return responseRecord(of, { block, payload, isWhole, isPacked: isPacked(type, contentEncoding(block)) }, label);
}

function groupOf(lead: readonly GzipMember[], rest: readonly GzipMember[]): SmallGroup | PiecesGroup {
  const leadBytes = bytesOf(lead);
  const bytes = leadBytes + bytesOf(rest);
  if (rest.some(({ pieces }) => pieces !== undefined)) {
    return { leadBytes, bytes, pieces: [joined(lead), ...rest.flatMap((one) => one.pieces ?? [joined([one])])] };
  }
  return {
    leadBytes,
    bytes,
    write(into, at) {
      writeAll(lead, into, at);
      writeAll(rest, into, at + leadBytes);
    },
  };
}
