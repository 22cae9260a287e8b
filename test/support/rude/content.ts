// Deterministic content, which a rude server sends and tests compare byte by byte.

const BLOCK_BYTES = 65_536;

/** mulberry32: a generator of numbers from 0 to 2^32 - 1 that its seed determines. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** FNV-1a: the hash of a text, used as a seed. */
export function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}

/** `body(bytes, seed)` in distinct blocks of at most 64 KiB, generated on demand. */
export function* blocks(bytes: number, seed = 1): Generator<Buffer> {
  for (let at = 0; at < bytes; at += BLOCK_BYTES) {
    const next = random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(at / BLOCK_BYTES + 1, 0x85ebca6b));
    const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, bytes - at));
    const tailBytes = block.length % 4;
    for (let i = 0; i + 4 <= block.length; i += 4) block.writeUInt32LE(next(), i);
    if (tailBytes > 0) block.writeUIntLE(next() % 2 ** (8 * tailBytes), block.length - tailBytes, tailBytes);
    yield block;
  }
}

/** Content of this number of bytes, determined by the seed. */
export function body(bytes: number, seed = 1): Buffer {
  return Buffer.concat([...blocks(bytes, seed)]);
}

/** Repeats a part endlessly. */
export function* forEver(part: string): Generator<string> {
  for (;;) yield part;
}
