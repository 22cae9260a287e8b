// Writes the heads of the records of usual captures: what all heads of a kind have in common is copied, the rest is written between.

import type { WireExchange } from "../../../core/wire.ts";
import { type RecordHead, recordHead } from "./record-head.ts";

/** Stand for the fields in the text of a template: characters that no head has. */
export const MARKS = {
  ...{ url: "\0", address: "\x01" },
  // Of fixed length, and as long in the text as in a head: UUIDs, and digests in base32.
  ...{ id: "\x02", concurrentTo: "\x03", date: "\x04", payload: "\x05", block: "\x06" },
} as const;

/** The heads of one kind of record, which differ in their URL, their address, the length of their block, and fields of fixed length. */
export class HeadTemplate {
  /** Positions of fields of fixed length, which are to be written afterwards, from the beginning of the head. */
  readonly idAt: number;
  readonly dateAt: number;
  /** As those, from the beginning of the tail; -1 where the head has none. Digests without their labels. */
  readonly concurrentToAt: number;
  readonly payloadAt: number;
  readonly blockAt: number;
  /** What is before the URL, between URL and address, between those and the length of the block, and behind that. */
  private readonly begin: Buffer;
  private readonly middle: Buffer | undefined;
  private readonly tail: Buffer;
  private readonly end: Buffer;
  private readonly fixedBytes: number;

  /** `about` and `blockDigest` have marks instead of what differs; the address may be absent. */
  constructor(about: RecordHead, blockDigest: string) {
    const text = recordHead(about, blockDigest, 0);
    const lengthAt = text.lastIndexOf("0");
    const parts = text.slice(0, lengthAt).split(/[\0\x01]/);
    const [begin = "", between = "", behind] = parts;
    const tail = behind ?? between;
    [this.idAt, this.dateAt] = [begin.indexOf(MARKS.id), begin.indexOf(MARKS.date)];
    this.concurrentToAt = tail.indexOf(MARKS.concurrentTo);
    [this.payloadAt, this.blockAt] = [tail.indexOf(MARKS.payload), tail.indexOf(MARKS.block)];
    this.begin = latin1(begin);
    this.middle = behind === undefined ? undefined : latin1(between);
    this.tail = latin1(tail);
    this.end = latin1(text.slice(lengthAt + 1));
    this.fixedBytes = text.length - parts.length; // without the marks of URL and address, and the length
  }

  /** The length of a head. */
  bytes({ url, address = "" }: WireExchange, blockBytes: number): number {
    return this.fixedBytes + url.length + address.length + decimalDigits(blockBytes);
  }

  /** Writes a head. Returns where its tail begins. */
  write(into: Buffer, at: number, { url, address = "" }: WireExchange, blockBytes: number): number {
    const { begin, middle, tail, end } = this;
    into.set(begin, at);
    let next = at + begin.length;
    next += into.write(url, next, "latin1");
    if (middle !== undefined) {
      into.set(middle, next);
      next += middle.length;
      next += into.write(address, next, "latin1");
    }
    const tailAt = next;
    into.set(tail, next);
    next += tail.length;
    const digits = decimalDigits(blockBytes);
    let rest = blockBytes;
    for (let i = next + digits - 1; i >= next; i--) {
      into[i] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    into.set(end, next + digits);
    return tailAt;
  }
}

const ZERO = 0x30;

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function decimalDigits(value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return digits;
}
