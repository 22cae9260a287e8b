// The head of a WARC 1.1 record (ISO 28500:2017): its version, its named fields, and the blank line before its block.

import { randomUUID } from "node:crypto";

/** What a record says of itself; a field that is undefined is left out. */
export interface RecordHead {
  readonly type: "warcinfo" | "request" | "response" | "revisit" | "metadata";
  readonly id: string;
  /** ISO 8601, UTC, milliseconds: the same in all records of a capture. */
  readonly date: string;
  readonly uri?: string;
  readonly address?: string | undefined;
  readonly protocol?: string | undefined;
  /** The record of the same capture that this one goes with. */
  readonly concurrentTo?: string;
  readonly profile?: string;
  readonly refersTo?: RecordReference | undefined;
  readonly truncated?: "length" | undefined;
  readonly filename?: string;
  readonly payloadDigest?: string | undefined;
  readonly blockDigest: string;
  readonly contentType: string;
  /** Length of the block in bytes. */
  readonly contentLength: number;
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

/** The head as text; with its blank line. */
export function recordHead(head: RecordHead): string {
  const { refersTo } = head;
  return (
    `WARC/1.1\r\nWARC-Type: ${head.type}\r\nWARC-Record-ID: ${head.id}\r\nWARC-Date: ${head.date}\r\n` +
    field("WARC-Target-URI", head.uri) +
    field("WARC-IP-Address", head.address) +
    field("WARC-Protocol", head.protocol) +
    field("WARC-Concurrent-To", head.concurrentTo) +
    field("WARC-Profile", head.profile) +
    field("WARC-Refers-To", refersTo?.id) +
    field("WARC-Refers-To-Target-URI", refersTo?.uri) +
    field("WARC-Refers-To-Date", refersTo?.date) +
    field("WARC-Truncated", head.truncated) +
    field("WARC-Filename", head.filename) +
    field("WARC-Payload-Digest", head.payloadDigest) +
    `WARC-Block-Digest: ${head.blockDigest}\r\nContent-Type: ${head.contentType}\r\n` +
    `Content-Length: ${head.contentLength}\r\n\r\n`
  );
}

function field(name: string, value: string | undefined): string {
  return value === undefined ? "" : `${name}: ${value}\r\n`;
}
