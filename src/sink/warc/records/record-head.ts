// The head of a WARC 1.1 record (ISO 28500:2017): its version, its named fields, and the blank line before its block.

import { randomUUID } from "node:crypto";
import type { WireExchange } from "../../../core/wire.ts";

/** What a record says of itself; a field that is undefined is left out. */
export interface RecordHead {
  readonly type: "warcinfo" | "request" | "response" | "revisit" | "metadata";
  readonly id: string;
  /** ISO 8601, UTC, milliseconds: the same in all records of a capture. */
  readonly date: string;
  /** What it is of; absent for warcinfo. */
  readonly exchange?: WireExchange;
  /** The record of the same capture that this one goes with. */
  readonly concurrentTo?: string | undefined;
  readonly profile?: string | undefined;
  readonly refersTo?: RecordReference | undefined;
  readonly truncated?: "length" | undefined;
  readonly filename?: string | undefined;
  readonly payloadDigest?: string | undefined;
  readonly contentType: string;
}

/** A record that another one names. */
export interface RecordReference {
  readonly id: string;
  readonly uri: string;
  readonly date: string;
}

/** Comes after the block of each record. */
export const RECORD_END = Buffer.from("\r\n\r\n");

export function newRecordId(): string {
  return `<urn:uuid:${randomUUID()}>`;
}

/** The head as text, with its blank line. `blockBytes`: the length of the block. */
export function recordHead(head: RecordHead, blockDigest: string, blockBytes: number): string {
  const { refersTo, exchange } = head;
  return (
    `WARC/1.1\r\nWARC-Type: ${head.type}\r\nWARC-Record-ID: ${head.id}\r\nWARC-Date: ${head.date}\r\n` +
    field("WARC-Target-URI", exchange?.url) +
    field("WARC-IP-Address", exchange?.address) +
    // Of HTTP/1 the block itself shows the version.
    (exchange?.protocol === "h2" ? "WARC-Protocol: h2\r\n" : "") +
    field("WARC-Concurrent-To", head.concurrentTo) +
    field("WARC-Profile", head.profile) +
    field("WARC-Refers-To", refersTo?.id) +
    field("WARC-Refers-To-Target-URI", refersTo?.uri) +
    field("WARC-Refers-To-Date", refersTo?.date) +
    field("WARC-Truncated", head.truncated) +
    field("WARC-Filename", head.filename) +
    field("WARC-Payload-Digest", head.payloadDigest) +
    `WARC-Block-Digest: ${blockDigest}\r\nContent-Type: ${head.contentType}\r\n` +
    `Content-Length: ${blockBytes}\r\n\r\n`
  );
}

function field(name: string, value: string | undefined): string {
  return value === undefined ? "" : `${name}: ${value}\r\n`;
}
