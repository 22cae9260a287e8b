// The first bytes of a stream, by which it is known what it is, before all of it is read.

export interface Peek {
  /** Its beginning: some lines, or the first `ENOUGH_BYTES`, or all there is. */
  readonly head: Buffer;
  /** All of it, the beginning included. To be read, or ended. */
  readonly all: AsyncGenerator<Buffer>;
}

/** By so many bytes every format is known: a tar archive's name for itself ends at byte 262. */
const ENOUGH_BYTES = 512;

/** What has the end of a line in it is known by fewer: four say the encoding. Whoever waits for a line gets it when it comes. */
const FEWEST_BYTES = 4;

/** Reads so far as to know. What comes before a fault is in `head` and in `all`, which then throws it. */
export async function peek(chunks: AsyncGenerator<Buffer>): Promise<Peek> {
  let head = Buffer.alloc(0);
  let broken: { readonly error: unknown } | undefined;
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      head = Buffer.concat([head, next.value]);
      if (isEnough(head)) break;
    }
  } catch (error) {
    broken = { error };
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    if (broken !== undefined) throw broken.error;
    yield* chunks;
  }
  return { head, all: all() };
}

function isEnough(head: Buffer): boolean {
  return head.length >= ENOUGH_BYTES || (head.length >= FEWEST_BYTES && (head.includes(0x0a) || head.includes(0x0d)));
}
