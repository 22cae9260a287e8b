// What a history keeps of each line: 8 bytes in tables of 64 lines, wherever between 0 and 1e15 the numbers lie.

/** Nothing is recorded. */
export const NONE = 0;
/** A file was saved, and it is there. */
export const SAVED = 1;
/** It failed for good. */
export const FAILED = 2;
/** It failed but may pass, or its file is not there. */
export const OPEN = 3;

export type State = typeof NONE | typeof SAVED | typeof FAILED | typeof OPEN;

/** Lines of a table: neighbours in the list, most of which are recorded where one is. */
const TABLE = 64;

/** Lines of a block, which is allocated in one piece: 512 KiB. */
const BLOCK = 65_536;

/** What is kept of a place in the journal: it is right to so many bytes. */
export const UNIT_BYTES = 128;

/** The last unit that 31 bits can name, 256 GiB into the journal; whatever lies behind it is said to lie there. */
export const LAST_UNIT = 0x7fff_ffff;

export function unitOf(offsetBytes: number): number {
  return Math.min(LAST_UNIT, Math.floor(offsetBytes / UNIT_BYTES));
}

/**
 * Two 32-bit words a line: 31 bits of place and a mark, 30 bits of the URL's hash and 2 of state. A line is called by its
 * number, or by the index of its words, which stays the same.
 */
export interface Slots {
  /** One more than the highest index. */
  readonly size: number;
  /** The index of a line; -1 if its table holds nothing. */
  indexOf(n: number): number;
  /** Writes a line; `mark` is what the history makes of it. Gives the state it had. */
  set(n: number, unit: number, hash: number, state: State, mark: boolean): State;
  numberAt(index: number): number;
  stateAt(index: number): State;
  hashAt(index: number): number;
  unitAt(index: number): number;
  isMarked(index: number): boolean;
  /** How many lines have this state and this mark. */
  count(state: State, mark: boolean): number;
}

export function slots(): Slots {
  const blocks: Uint32Array[] = [];
  const tables = new Map<number, number>();
  /** Of each table, the number of its first line divided by 64. */
  let firsts = new Float64Array(BLOCK / TABLE);
  const counts = [0, 0, 0, 0, 0, 0, 0, 0];
  // Lines finish nearly in order: most are in the table of the one before.
  let lastKey = -1;
  let lastTable = -1;

  const tableOf = (key: number): number => {
    if (key !== lastKey) {
      lastTable = tables.get(key) ?? -1;
      lastKey = key;
    }
    return lastTable;
  };
  const addTable = (key: number): number => {
    const table = tables.size;
    tables.set(key, table);
    if ((table * TABLE) % BLOCK === 0) blocks.push(new Uint32Array(2 * BLOCK));
    if (table >= firsts.length) {
      const longer = new Float64Array(2 * firsts.length);
      longer.set(firsts);
      firsts = longer;
    }
    firsts[table] = key;
    lastTable = table;
    return table;
  };
  const word = (index: number, which: 0 | 1): number => blocks[index >>> 16]?.[((index & 0xffff) << 1) + which] ?? 0;
  const kind = (index: number): number => ((word(index, 1) & 3) << 1) | (word(index, 0) & 1);
  const change = (which: number, by: number) => {
    counts[which] = (counts[which] ?? 0) + by;
  };

  return {
    get size() {
      return tables.size * TABLE;
    },
    indexOf(n) {
      const table = tableOf(Math.floor(n / TABLE));
      return table < 0 ? -1 : table * TABLE + (n % TABLE);
    },
    set(n, unit, hash, state, mark) {
      const key = Math.floor(n / TABLE);
      const known = tableOf(key);
      const index = (known < 0 ? addTable(key) : known) * TABLE + (n % TABLE);
      const before = kind(index);
      change(before, -1);
      const block = blocks[index >>> 16];
      const at = (index & 0xffff) << 1;
      if (block !== undefined) {
        block[at] = unit * 2 + (mark ? 1 : 0);
        block[at + 1] = hash * 4 + state;
      }
      change(kind(index), 1);
      return (before >>> 1) as State; // two bits, and there are four states
    },
    numberAt: (index) => (firsts[Math.floor(index / TABLE)] ?? 0) * TABLE + (index % TABLE),
    stateAt: (index) => (word(index, 1) & 3) as State, // likewise
    hashAt: (index) => word(index, 1) >>> 2,
    unitAt: (index) => word(index, 0) >>> 1,
    isMarked: (index) => (word(index, 0) & 1) === 1,
    count: (state, mark) => counts[(state << 1) | (mark ? 1 : 0)] ?? 0,
  };
}
