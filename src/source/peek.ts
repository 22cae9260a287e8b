// Reads the first bytes of a stream, to determine its type, without consuming them.

export interface Peek {
  /** The beginning: at least one line, or `HEAD_BYTES`, or everything. */
  readonly head: Buffer;
  /** The whole stream, including the beginning. Has to be read or returned. */
  readonly all: AsyncGenerator<Buffer>;
}

/** Number of bytes that suffice to recognise every type: a tar archive's magic number ends at byte 262. */
const HEAD_BYTES = 512;

/** Number of bytes that suffice if they contain the end of a line, so that a line is not delayed: four determine the encoding. */
const MIN_HEAD_BYTES = 4;

/** Reads until the type can be determined. Bytes before an error are in `head` and in `all`, which then throws the error. */
export async function peek(chunks: AsyncGenerator<Buffer>): Promise<Peek> {
  let head = Buffer.alloc(0);
  let failure: { readonly error: unknown } | undefined;
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      head = Buffer.concat([head, next.value]);
      if (isEnough(head)) break;
    }
  } catch (error) {
    failure = { error };
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    if (failure !== undefined) throw failure.error;
    yield* chunks;
  }
  return { head, all: all() };
}

function isEnough(head: Buffer): boolean {
  return head.length >= HEAD_BYTES || (head.length >= MIN_HEAD_BYTES && (head.includes(0x0a) || head.includes(0x0d)));
}
