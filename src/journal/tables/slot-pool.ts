// A pool allocator for two-word slots in runs of 1, 2, 4 … 64, with a free list per size.

/** Slots per block. A block is one allocation of 512 KiB. */
const BLOCK_BITS = 16;
const BLOCK_SLOTS = 1 << BLOCK_BITS;

/** Maximum slots per run. */
const MAX_RUN_SLOTS = 64;

export interface SlotPool {
  /** Returns the place of the first of `size` slots, a power of two. A run of 64 is zeroed; others hold old values. */
  allocate(size: number): number;
  /** Frees a run shorter than 64. */
  free(place: number, size: number): void;
  word(place: number, which: 0 | 1): number;
  write(place: number, one: number, other: number): void;
  copy(from: number, to: number): void;
}

export function slotPool(): SlotPool {
  const blocks: Uint32Array[] = [];
  let allocated = 0;
  /** Per power of two: place plus 1 of the first free run; its first word links to the next one. */
  const unused = new Float64Array(Math.log2(MAX_RUN_SLOTS));

  const blockOf = (place: number): Uint32Array => {
    const block = blocks[place >>> BLOCK_BITS];
    if (block === undefined) throw new Error(`no slot ${place}`);
    return block;
  };
  const word = (place: number, which: 0 | 1) => blockOf(place)[2 * (place & (BLOCK_SLOTS - 1)) + which] ?? 0;
  const write = (place: number, one: number, other: number) => {
    const block = blockOf(place);
    const at = 2 * (place & (BLOCK_SLOTS - 1));
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
      const room = (BLOCK_SLOTS - (allocated % BLOCK_SLOTS)) % BLOCK_SLOTS;
      if (room < size) {
        allocated += room;
        blocks.push(new Uint32Array(2 * BLOCK_SLOTS));
      }
      allocated += size;
      return allocated - size;
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
