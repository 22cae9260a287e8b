// The Huffman code of HPACK (RFC 7541 appendix B): decoded four bits at a time.

/**
 * Length of the code of each symbol, in bits; symbol 256 is the end of a string. The code is canonical: codes of equal length
 * are consecutive numbers in the order of their symbols.
 */
// biome-ignore format: a table with 16 columns
const CODE_LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
] as const;

const END_OF_STRING = 256;

/** A state machine over four bits at a time: the next state, the completed symbol (or none), and whether a string may end. */
interface Machine {
  /** State × 16 + bits → next state; `FAILED` for an invalid code. */
  readonly next: Int16Array;
  /** State × 16 + bits → symbol; `NONE` if none is complete. */
  readonly symbol: Int16Array;
  /** Whether a string may end in a state: after the last symbol fewer than 8 bits, all ones (section 5.2). */
  readonly mayEnd: Uint8Array;
}

const NONE = -1;
const FAILED = -1;

let machine: Machine | undefined;

/** Decodes `bytes` from `from` up to `to` into `out` at `at`. Returns the number of bytes written; -1 if invalid or too long. */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  machine ??= build();
  const { next, symbol, mayEnd } = machine;
  let state = 0;
  let written = at;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const cell = state * 16 + ((byte >> shift) & 15);
      const one = symbol[cell] ?? NONE;
      state = next[cell] ?? FAILED;
      if (state === FAILED || one === END_OF_STRING) return -1;
      if (one === NONE) continue;
      if (written >= out.length) return -1;
      out[written++] = one;
    }
  }
  return mayEnd[state] === 1 ? written - at : -1;
}

function build(): Machine {
  // A binary tree: two children for each node; a leaf is the symbol's negative, minus one.
  const children: number[] = [0, 0];
  const node = (): number => {
    children.push(0, 0);
    return children.length / 2 - 1;
  };
  const symbols = CODE_LENGTHS.map((length, symbol) => ({ length, symbol }));
  symbols.sort((one, other) => one.length - other.length || one.symbol - other.symbol);
  let code = 0;
  let before = 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - before);
    before = length;
    let at = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const edge = 2 * at + ((code >>> bit) & 1);
      if (children[edge] === 0) children[edge] = node();
      at = children[edge] ?? 0;
    }
    children[2 * at + (code & 1)] = -symbol - 1;
    code++;
  }
  const states = children.length / 2;
  const next = new Int16Array(states * 16);
  const symbol = new Int16Array(states * 16).fill(NONE);
  for (let state = 0; state < states; state++) {
    for (let bits = 0; bits < 16; bits++) {
      const cell = state * 16 + bits;
      let at = state;
      for (let bit = 3; bit >= 0; bit--) {
        const child = children[2 * at + ((bits >> bit) & 1)] ?? 0;
        if (child < 0) symbol[cell] = -child - 1;
        at = Math.max(child, 0);
      }
      next[cell] = at;
    }
  }
  const mayEnd = new Uint8Array(states);
  for (let at = 0, bits = 0; bits < 8; bits++) {
    mayEnd[at] = 1;
    at = children[2 * at + 1] ?? 0;
  }
  return { next, symbol, mayEnd };
}
