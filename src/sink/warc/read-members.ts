// Reads the members of a WARC file one after the other: where each is, and the beginning of its content.

import { readAt } from "../../fs/positioned-io.ts";
import { HEADER_BYTES, readHeader, SIZED_HEADER_BYTES, TRAILER_BYTES, zlib } from "./gzip/gzip-format.ts";
import { inflatedMember } from "./gzip/inflate-member.ts";
import { headEnd } from "./parse-head.ts";

export interface Member {
  readonly offset: number;
  /** Its length in the file, in bytes. */
  readonly length: number;
  /** The first bytes of its content, with the heads of the record and of its HTTP message. Overwritten by the next member. */
  readonly beginning: Buffer;
}

/** What is read at once: heads of 64 KiB and most records fit. */
const READ_BYTES = 1_048_576;

/** What is read after a member that was longer than that: of the next one, likely as long, little more than the heads is used. */
const HEADS_READ_BYTES = 65_536;

/** The most of a member's content that is kept. A head of a record with one of an HTTP message is shorter (`headers_too_large`). */
const BEGINNING_BYTES = 262_144;

const STORED_HEADER_BYTES = 5;

/** Deflated bytes that nearly always have the heads of a record and of its HTTP message. */
const HEADS_BYTES = 8192;

/** No error where the input has not all of a member, and no more memory than some members of usual size need. */
const inflateOptions = () => ({
  info: true,
  finishFlush: zlib().constants.Z_SYNC_FLUSH,
  maxOutputLength: 4 * READ_BYTES,
});

/**
 * Calls `onMember` with each member of an open file up to `end`: by calls, since a promise for each would take as long as all else.
 * Rejects with an Error where there is none, and with errno errors.
 */
export async function eachMember(fd: number, end: number, onMember: (member: Member) => void): Promise<void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let wanted = READ_BYTES;
  for (let offset = 0; offset < end; ) {
    const filled = await fill(fd, buffer.subarray(0, wanted), offset, end);
    const from = offset;
    while (offset < end && offset - from < filled) {
      const member = memberIn(buffer.subarray(offset - from, filled), offset, end - offset);
      if (member === undefined) break;
      onMember(member);
      offset += member.length;
    }
    const isTriedWithMore = wanted < READ_BYTES;
    wanted = offset > from + filled ? HEADS_READ_BYTES : READ_BYTES;
    if (offset > from || isTriedWithMore) continue; // the next one begins a buffer of its own
    const member = await longMember(fd, offset, end);
    onMember(member);
    offset += member.length;
  }
}

async function fill(fd: number, buffer: Buffer, offset: number, end: number): Promise<number> {
  let filled = 0;
  const most = Math.min(buffer.length, end - offset);
  while (filled < most) {
    const length = await readAt(fd, buffer.subarray(filled, most), offset + filled);
    if (length === 0) break;
    filled += length;
  }
  return filled;
}

/** The member at the beginning of these bytes; undefined where they do not have all of it, or not enough. */
function memberIn(bytes: Buffer, offset: number, mostBytes: number): Member | undefined {
  if (bytes.length < SIZED_HEADER_BYTES) return undefined;
  const header = readHeader(bytes);
  if (header === undefined) throw new Error(`no member that a run has written at byte ${offset}`);
  const found = header.length === undefined ? (storedIn(bytes) ?? inflatedIn(bytes)) : sizedIn(bytes, header.length);
  if (found === undefined || found.length > mostBytes) return undefined;
  return { offset, length: found.length, beginning: found.beginning };
}

/** A member whose header has its length: only its beginning is inflated. */
function sizedIn(bytes: Buffer, length: number): Omit<Member, "offset"> | undefined {
  // It is written when the member has ended, and a power failure may undo that: the content is inflated then.
  if (length < SIZED_HEADER_BYTES + TRAILER_BYTES) return undefined;
  const enough = Math.min(length - TRAILER_BYTES, SIZED_HEADER_BYTES + HEADS_BYTES);
  if (bytes.length < enough) return undefined;
  try {
    const { buffer } = zlib().inflateRawSync(
      bytes.subarray(SIZED_HEADER_BYTES, enough),
      inflateOptions(),
    ) as unknown as Inflated;
    const bodyAt = headEnd(buffer, headEnd(buffer));
    const isEnough = enough === length - TRAILER_BYTES || bodyAt !== -1;
    return isEnough ? { length, beginning: buffer.subarray(0, BEGINNING_BYTES) } : undefined;
  } catch {
    return undefined;
  }
}

/** A member of stored blocks alone; undefined where it has others. The quick way: nothing is inflated. */
function storedIn(bytes: Buffer): Omit<Member, "offset"> | undefined {
  // Nearly all members have one block.
  if (bytes[HEADER_BYTES] === 1) {
    const from = HEADER_BYTES + STORED_HEADER_BYTES;
    const end = from + bytes.readUInt16LE(HEADER_BYTES + 1);
    const length = end + TRAILER_BYTES;
    return length > bytes.length ? undefined : { length, beginning: bytes.subarray(from, end) };
  }
  const blocks: Buffer[] = [];
  for (let at = HEADER_BYTES; ; ) {
    const type = bytes[at];
    if ((type !== 0 && type !== 1) || at + STORED_HEADER_BYTES > bytes.length) return undefined;
    const length = bytes.readUInt16LE(at + 1);
    const next = at + STORED_HEADER_BYTES + length;
    if (next > bytes.length) return undefined;
    blocks.push(bytes.subarray(at + STORED_HEADER_BYTES, next));
    if (type === 1) {
      const beginning = Buffer.concat(blocks).subarray(0, BEGINNING_BYTES);
      return next + TRAILER_BYTES > bytes.length ? undefined : { length: next + TRAILER_BYTES, beginning };
    }
    at = next;
  }
}

function inflatedIn(bytes: Buffer): Omit<Member, "offset"> | undefined {
  const deflated = bytes.subarray(HEADER_BYTES);
  try {
    const { buffer, engine } = zlib().inflateRawSync(deflated, inflateOptions()) as unknown as Inflated;
    // Where all of the input was used the end may be missing: a trailer comes after it.
    if (engine.bytesWritten + TRAILER_BYTES > deflated.length) return undefined;
    const length = HEADER_BYTES + engine.bytesWritten + TRAILER_BYTES;
    return { length, beginning: buffer.subarray(0, BEGINNING_BYTES) };
  } catch {
    return undefined; // longer than that, or damaged: `longMember` finds out
  }
}

/** What `info` returns instead of a buffer; @types/node does not have it. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** A member that is longer than what is read or inflated at once. */
async function longMember(fd: number, offset: number, end: number): Promise<Member> {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  const inflated = inflatedMember(fd, offset, end);
  for await (const piece of inflated.pieces) {
    if (keptBytes < BEGINNING_BYTES) kept.push(piece);
    keptBytes += piece.length;
  }
  const length = inflated.length();
  if (offset + length > end) throw new Error(`the member at byte ${offset} is cut short`);
  return { offset, length, beginning: Buffer.concat(kept).subarray(0, BEGINNING_BYTES) };
}
