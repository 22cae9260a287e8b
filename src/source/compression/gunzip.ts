// Decompresses gzip (RFC 1952) and verifies each member; all content before an error is returned before it is thrown.

import type { InflateRaw } from "node:zlib";

/**
 * Returns the content of gzip, whose first two bytes the caller has checked. Zeros between and after members are padding. Throws
 * if the data is truncated, damaged or followed by anything else. Node's Gunzip then discards the chunk it inflated last, and
 * ignores everything after a zero (nodejs/node#5883).
 */
export async function* gunzipped(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  const input = inputOf(chunks);
  do {
    await skipHeader(input);
    yield* contentOf(input);
  } while (await isFollowed(input));
}

interface Input {
  /** Returns the next bytes; undefined at the end. */
  next(): Promise<Buffer | undefined>;
  /** Returns unused bytes to the input; `next` returns them first. */
  unread(bytes: Buffer): void;
  /** Reads exactly `count` bytes. Throws if there are fewer. */
  readBytes(count: number): Promise<Buffer>;
}

function inputOf(chunks: AsyncIterator<Buffer>): Input {
  let rest: Buffer = NOTHING;
  const next = async () => {
    if (rest.length === 0) {
      const read = await chunks.next();
      return read.done === true ? undefined : read.value;
    }
    const bytes = rest;
    rest = NOTHING;
    return bytes;
  };
  return {
    next,
    unread(bytes) {
      rest = bytes;
    },
    async readBytes(count) {
      let collected: Buffer = rest;
      rest = NOTHING;
      while (collected.length < count) {
        const more = await next();
        if (more === undefined) throw new Error(TRUNCATED);
        collected = Buffer.concat([collected, more]);
      }
      rest = collected.subarray(count);
      return collected.subarray(0, count);
    },
  };
}

const NOTHING = Buffer.alloc(0);
const TRUNCATED = "its gzip data is truncated";
const DAMAGED = "it begins like gzip, but is damaged";
const TRAILING_DATA = "its gzip data is followed by other data";

/** Reads a member's header (RFC 1952 section 2.3): the fixed part, then the fields by its flags. */
async function skipHeader(input: Input): Promise<void> {
  const fixed = await input.readBytes(10);
  const flags = fixed.readUInt8(3);
  if (fixed.readUIntBE(0, 3) !== MAGIC || (flags & 0xe0) !== 0) throw new Error(DAMAGED);
  if ((flags & EXTRA) !== 0) await input.readBytes((await input.readBytes(2)).readUInt16LE());
  if ((flags & NAME) !== 0) await skipText(input);
  if ((flags & COMMENT) !== 0) await skipText(input);
  if ((flags & HEADER_CRC) !== 0) await input.readBytes(2);
}

/** The two identification bytes and the only compression method, deflate. */
const MAGIC = 0x1f_8b_08;
const HEADER_CRC = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;

/** Reads a text of any length and the zero that ends it. */
async function skipText(input: Input): Promise<void> {
  for (let bytes = await input.next(); bytes !== undefined; bytes = await input.next()) {
    const end = bytes.indexOf(0);
    if (end !== -1) return input.unread(bytes.subarray(end + 1));
  }
  throw new Error(TRUNCATED);
}

/** Maximum size of a member that is inflated synchronously, in bytes, if it is in one chunk: a stream costs 0.1 ms. */
const MAX_SMALL_BYTES = 1024;
/** Maximum content of such a member, in bytes. */
const MAX_SMALL_CONTENT = 16_384;

/** Returns a member's content and verifies its trailer: CRC-32 and length modulo 2^32. */
async function* contentOf(input: Input): AsyncGenerator<Buffer> {
  const { crc32, createInflateRaw } = process.getBuiltinModule("node:zlib"); // few lists are gzip
  const some = await input.next();
  const small = some && smallContent(some.subarray(0, MAX_SMALL_BYTES));
  if (some !== undefined) input.unread(small === undefined ? some : some.subarray(small.bytes));
  if (small !== undefined) {
    if (small.content.length > 0) yield small.content;
    return verifyTrailer(await input.readBytes(8), crc32(small.content), small.content.length);
  }
  const inflate = createInflateRaw();
  // An error of the input arrives through the loop.
  const feeding = feed(inflate, input).catch((error: unknown) => void inflate.destroy(error as Error));
  let sum = 0;
  let length = 0;
  try {
    for await (const piece of inflate as AsyncIterable<Buffer>) {
      sum = crc32(piece, sum);
      length = (length + piece.length) % 2 ** 32;
      yield piece;
    }
    await feeding;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR") throw new Error(TRUNCATED);
    throw code === "Z_DATA_ERROR" ? new Error(DAMAGED) : error;
  } finally {
    inflate.destroy();
  }
  verifyTrailer(await input.readBytes(8), sum, length);
}

/** Inflates a member at the beginning of `bytes`; `bytes` of the result is its length. Undefined if it is longer or damaged. */
function smallContent(bytes: Buffer): { readonly content: Buffer; readonly bytes: number } | undefined {
  const { inflateRawSync } = process.getBuiltinModule("node:zlib");
  try {
    const options = { info: true, chunkSize: MAX_SMALL_BYTES, maxOutputLength: MAX_SMALL_CONTENT };
    // With `info` the result has the engine as well, which @types/node 20 does not declare.
    const { buffer, engine } = inflateRawSync(bytes, options) as unknown as Inflated;
    return { content: buffer, bytes: engine.bytesWritten };
  } catch {
    return undefined;
  }
}

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function verifyTrailer(trailer: Buffer, sum: number, length: number): void {
  if (trailer.readUInt32LE(0) !== sum || trailer.readUInt32LE(4) !== length) throw new Error(DAMAGED);
}

/** Writes chunks one at a time until the member ends, so that `bytesWritten` is the exact position of its end. */
async function feed(inflate: InflateRaw, input: Input): Promise<void> {
  let fedBytes = 0;
  for (let bytes = await input.next(); bytes !== undefined; bytes = await input.next()) {
    const chunk = bytes;
    fedBytes += chunk.length;
    await new Promise<void>((resolve) => inflate.write(chunk, () => resolve()));
    const left = fedBytes - inflate.bytesWritten;
    if (left > 0) return input.unread(chunk.subarray(chunk.length - left));
  }
  inflate.end();
}

/** Whether another member follows, after padding. Throws if anything else follows. */
async function isFollowed(input: Input): Promise<boolean> {
  for (let bytes = await input.next(); bytes !== undefined; bytes = await input.next()) {
    const from = bytes.findIndex((byte) => byte !== 0);
    if (from === -1) continue;
    if (bytes[from] !== 0x1f) throw new Error(TRAILING_DATA);
    input.unread(bytes.subarray(from));
    return true;
  }
  return false;
}
