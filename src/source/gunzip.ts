// Gzip becomes its content, member after member, each checked: what comes before a fault is given, what follows is told.

import type { InflateRaw } from "node:zlib";

/**
 * The content of gzip (RFC 1952), whose first two bytes are known to be its own. Between members and after them zeros are
 * padding. Throws for what is torn, damaged or followed by anything else: Node's own Gunzip then drops what it has inflated
 * last, and after a zero says nothing at all.
 */
export async function* gunzipped(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  const input = inputOf(chunks);
  do {
    await passHeader(input);
    yield* contentOf(input);
  } while (await isFollowed(input));
}

interface Input {
  /** Some bytes, or undefined at the end. */
  next(): Promise<Buffer | undefined>;
  /** Gives back what is not needed, to come next. */
  back(bytes: Buffer): void;
  /** Exactly so many. Throws where there are fewer. */
  take(count: number): Promise<Buffer>;
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
    back(bytes) {
      rest = bytes;
    },
    async take(count) {
      let taken: Buffer = rest;
      rest = NOTHING;
      while (taken.length < count) {
        const more = await next();
        if (more === undefined) throw new Error(TORN);
        taken = Buffer.concat([taken, more]);
      }
      rest = taken.subarray(count);
      return taken.subarray(0, count);
    },
  };
}

const NOTHING = Buffer.alloc(0);
const TORN = "it is gzip that ends too early";
const DAMAGED = "it begins like gzip, but is damaged";
const FOLLOWED = "its gzip is followed by what is none";

/** RFC 1952 section 2.3: the fixed part, then what its flags say. */
async function passHeader(input: Input): Promise<void> {
  const fixed = await input.take(10);
  const flags = fixed.readUInt8(3);
  if (fixed.readUIntBE(0, 3) !== MAGIC || (flags & 0xe0) !== 0) throw new Error(DAMAGED);
  if ((flags & EXTRA) !== 0) await input.take((await input.take(2)).readUInt16LE());
  if ((flags & NAME) !== 0) await passText(input);
  if ((flags & COMMENT) !== 0) await passText(input);
  if ((flags & HEADER_SUM) !== 0) await input.take(2);
}

/** Its two bytes, and the only method there is: deflate. */
const MAGIC = 0x1f_8b_08;
const HEADER_SUM = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;

/** A text of any length, and the zero that ends it. */
async function passText(input: Input): Promise<void> {
  for (let bytes = await input.next(); bytes !== undefined; bytes = await input.next()) {
    const end = bytes.indexOf(0);
    if (end !== -1) return input.back(bytes.subarray(end + 1));
  }
  throw new Error(TORN);
}

/** A member of so few bytes, if it lies in one piece, is inflated at once: a stream costs a tenth of a millisecond. */
const SMALL_BYTES = 1024;
/** So many bytes at most come out of it. */
const SMALL_CONTENT = 16_384;

/** A member's content, then its trailer: CRC-32 and length, modulo 2^32. */
async function* contentOf(input: Input): AsyncGenerator<Buffer> {
  const { crc32, createInflateRaw } = process.getBuiltinModule("node:zlib"); // few lists are gzip
  const some = await input.next();
  const small = some && smallContent(some.subarray(0, SMALL_BYTES));
  if (some !== undefined) input.back(small === undefined ? some : some.subarray(small.bytes));
  if (small !== undefined) {
    if (small.content.length > 0) yield small.content;
    return checked(await input.take(8), crc32(small.content), small.content.length);
  }
  const inflate = createInflateRaw();
  // Whatever it fails with arrives through the loop.
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
    if (code === "Z_BUF_ERROR") throw new Error(TORN);
    throw code === "Z_DATA_ERROR" ? new Error(DAMAGED) : error;
  } finally {
    inflate.destroy();
  }
  checked(await input.take(8), sum, length);
}

/** What these bytes begin with, inflated, and how many of them it took; undefined where that is more, or damaged. */
function smallContent(bytes: Buffer): { readonly content: Buffer; readonly bytes: number } | undefined {
  const { inflateRawSync } = process.getBuiltinModule("node:zlib");
  try {
    const options = { info: true, chunkSize: SMALL_BYTES, maxOutputLength: SMALL_CONTENT };
    // With `info` it returns what has inflated it as well, which the types do not know.
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

function checked(trailer: Buffer, sum: number, length: number): void {
  if (trailer.readUInt32LE(0) !== sum || trailer.readUInt32LE(4) !== length) throw new Error(DAMAGED);
}

/** Feeds it until it has had enough, one chunk at a time: only so is it certain where the member ends. */
async function feed(inflate: InflateRaw, input: Input): Promise<void> {
  let fedBytes = 0;
  for (let bytes = await input.next(); bytes !== undefined; bytes = await input.next()) {
    const chunk = bytes;
    fedBytes += chunk.length;
    await new Promise<void>((resolve) => inflate.write(chunk, () => resolve()));
    const left = fedBytes - inflate.bytesWritten;
    if (left > 0) return input.back(chunk.subarray(chunk.length - left));
  }
  inflate.end();
}

/** Whether another member follows, after padding. Throws for anything else. */
async function isFollowed(input: Input): Promise<boolean> {
  for (let bytes = await input.next(); bytes !== undefined; bytes = await input.next()) {
    const from = bytes.findIndex((byte) => byte !== 0);
    if (from === -1) continue;
    if (bytes[from] !== 0x1f) throw new Error(FOLLOWED);
    input.back(bytes.subarray(from));
    return true;
  }
  return false;
}
