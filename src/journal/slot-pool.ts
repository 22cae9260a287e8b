// Memory for slots of two words, in runs of 1, 2, 4 … 64: what one run leaves is the next one's of that size.

/** Slots of a block, which is allocated in one piece: 512 KiB. */
const BLOCK_BITS = 16;
const BLOCK = 1 << BLOCK_BITS;

/** The longest run. */
const MOST = 64;

export interface SlotPool {
  /** The place of the first of so many slots, a power of two. What is in them is left from before; zeros in a run of 64. */
  allocate(size: number): number;
  /** Nothing is in this run any more; for one shorter than 64. */
  free(place: number, size: number): void;
  word(place: number, which: 0 | 1): number;
  write(place: number, one: number, other: number): void;
  copy(from: number, to: number): void;
}

export function slotPool(): SlotPool {
  const blocks: Uint32Array[] = [];
  let end = 0;
  /** Of each size by its power of two, a run that is free, plus 1; the first word of that is the next one. */
  const unused = new Float64Array(Math.log2(MOST));

  const blockOf = (place: number): Uint32Array => {
    const block = blocks[place >>> BLOCK_BITS];
    if (block === undefined) throw new Error(`no slot ${place}`);
    return block;
  };
  const word = (place: number, which: 0 | 1) => blockOf(place)[2 * (place & (BLOCK - 1)) + which] ?? 0;
  const write = (place: number, one: number, other: number) => {
    const block = blockOf(place);
    const at = 2 * (place & (BLOCK - 1));
    block[at] = one;
    block[at + 1] = other;
  };

  return {
    allocate(size) {
      const power = 31 - Math.clz32(size);
      const known = (unused[power] ?? 0) - 1;
      if (known >= 0) {
        unused[power] = word(known, 0);
        return known;
      }
      const room = (BLOCK - (end % BLOCK)) % BLOCK;
      if (room < size) {
        end += room;
        blocks.push(new Uint32Array(2 * BLOCK));
      }
      end += size;
      return end - size;
    },
    free(place, size) {
      const power = 31 - Math.clz32(size);
      write(place, unused[power] ?? 0, 0);
      unused[power] = place + 1;
    },
    word,
    write,
    copy: (from, to) => write(to, word(from, 0), word(from, 1)),
  };
}
