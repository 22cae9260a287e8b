// What a history keeps of each line: 8 bytes where the numbers are close together, 36 where each is far from all others.

import { keyTable } from "./key-table.ts";
import { slotPool } from "./slot-pool.ts";

/** Nothing is recorded. */
export const STATE_NONE = 0;
/** A file was saved, and it is there. */
export const STATE_SAVED = 1;
/** It failed for good. */
export const STATE_FAILED = 2;
/** It failed but may pass, or its file is not there. */
export const STATE_OPEN = 3;

export type State = typeof STATE_NONE | typeof STATE_SAVED | typeof STATE_FAILED | typeof STATE_OPEN;

/** What is kept of a place in the journal: it is right to so many bytes. */
export const UNIT_BYTES = 128;

/** The last unit that 31 bits can name, 256 GiB into the journal; whatever lies behind it is said to lie there. */
export const LAST_UNIT = 0x7fff_ffff;

export function unitOf(offsetBytes: number): number {
  return Math.min(LAST_UNIT, Math.floor(offsetBytes / UNIT_BYTES));
}

/**
 * Two 32-bit words a line: 31 bits of place and a mark, 30 bits of the URL's hash and 2 of state. A line is called by its
 * number, or by an index, which stays the same.
 */
export interface LineTable {
  /** The index of a line; -1 if nothing was ever written for it. */
  indexOf(n: number): number;
  /** Calls back with the index of every line for which something was written, in the order of their tables. */
  each(visit: (index: number) => void): void;
  /** Writes a line; `mark` is what the history makes of it. Returns the state it had. */
  set(n: number, unit: number, hash: number, state: State, mark: boolean): State;
  numberAt(index: number): number;
  stateAt(index: number): State;
  hashAt(index: number): number;
  unitAt(index: number): number;
  isMarked(index: number): boolean;
  /** How many lines have this state and this mark. */
  count(state: State, mark: boolean): number;
}

/** Lines of a table: neighbours in the list. 64 bits say which of them have slots. */
const TABLE = 64;

/** From so many lines on a table has a slot for each of its 64, until then for those alone that were written. */
const WHOLE = 33;

/** Tables of a chunk, which is allocated in one piece: 80 KiB. */
const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;

/** An index has 32 bits, and one more than it as well. */
const MAX_TABLES = 2 ** 26 - 1;

/** 20 bytes a table. */
interface Chunk {
  /** The number of its first line divided by 64. */
  readonly keys: Float64Array;
  /** Its first slot. */
  readonly places: Uint32Array;
  /** Which lines of its first half have slots, and which of its second. */
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/**
 * A table begins with one slot, and moves to twice as many when these are used up: no choice or order of numbers costs more
 * than 36 bytes a line.
 */
export function lineTable(): LineTable {
  const pool = slotPool();
  const chunks: Chunk[] = [];
  const ids = keyTable((id) => chunkOf(id).keys[id & (CHUNK - 1)] ?? 0);
  let tables = 0;
  const counts = [0, 0, 0, 0, 0, 0, 0, 0];
  // Lines finish nearly in order: most are in the table of the one before.
  let lastKey = -1;
  let lastId = -1;
  // All that is kept of a line is asked for in turn.
  let lastIndex = -1;
  let lastPlace = -1;

  const idOf = (key: number): number => {
    if (key !== lastKey) {
      lastId = ids.of(key);
      lastKey = key;
    }
    return lastId;
  };
  const addTable = (key: number): number => {
    if (tables >= MAX_TABLES)
      throw new Error(`more than ${MAX_TABLES} lines with numbers far apart: use several folders`);
    if (tables % CHUNK === 0) chunks.push(emptyChunk());
    chunkOf(tables).keys[tables % CHUNK] = key;
    tables++;
    lastId = ids.add(key);
    return lastId;
  };
  /** The slot of a line; -1 if it has none. */
  const placeOf = (id: number, line: number): number => {
    const { places, low, high } = chunkOf(id);
    const at = id & (CHUNK - 1);
    const [first, second] = [low[at] ?? 0, high[at] ?? 0];
    if (!has(first, second, line)) return -1;
    return (places[at] ?? 0) + (ones(first) + ones(second) >= WHOLE ? line : rank(first, second, line));
  };
  /** Makes a slot for a line that has none. */
  const insert = (id: number, line: number): number => {
    const { places, low, high } = chunkOf(id);
    const at = id & (CHUNK - 1);
    const [first, second, from] = [low[at] ?? 0, high[at] ?? 0, places[at] ?? 0];
    if (line < 32) low[at] = first | (1 << line);
    else high[at] = second | (1 << (line - 32));
    const before = ones(first) + ones(second);
    if (before >= WHOLE) return from + line;
    const isFull = (before & (before - 1)) === 0; // none, or a power of two
    const to = isFull ? pool.allocate(before === 0 ? 1 : 2 * before) : from;
    const own = rank(first, second, line);
    let place = to + own;
    if (before + 1 === WHOLE) {
      place = to + line;
      for (let other = 0, slot = from; other < TABLE; other++)
        if (has(first, second, other)) pool.copy(slot++, to + other);
    } else {
      for (let slot = before - 1; slot >= own; slot--) pool.copy(from + slot, to + slot + 1);
      if (isFull) for (let slot = 0; slot < own; slot++) pool.copy(from + slot, to + slot);
    }
    if (isFull && before > 0) pool.free(from, before);
    places[at] = to;
    pool.write(place, 0, 0);
    return place;
  };
  const chunkOf = (id: number): Chunk => {
    const chunk = chunks[id >>> CHUNK_BITS];
    if (chunk === undefined) throw new Error(`no table ${id}`);
    return chunk;
  };
  const placeAt = (index: number): number => {
    if (index !== lastIndex) {
      lastPlace = index < 0 ? -1 : placeOf(Math.floor(index / TABLE), index % TABLE);
      lastIndex = index;
    }
    return lastPlace;
  };
  const word = (index: number, which: 0 | 1): number => {
    const place = placeAt(index);
    return place < 0 ? 0 : pool.word(place, which);
  };
  const change = (kind: number, by: number) => {
    counts[kind] = (counts[kind] ?? 0) + by;
  };

  return {
    indexOf(n) {
      const id = idOf(Math.floor(n / TABLE));
      const index = id < 0 ? -1 : id * TABLE + (n % TABLE);
      return placeAt(index) < 0 ? -1 : index;
    },
    each(visit) {
      for (let id = 0; id < tables; id++) {
        const { low, high } = chunkOf(id);
        const [first, second] = [low[id & (CHUNK - 1)] ?? 0, high[id & (CHUNK - 1)] ?? 0];
        for (let line = 0; line < TABLE; line++) if (has(first, second, line)) visit(id * TABLE + line);
      }
    },
    set(n, unit, hash, state, mark) {
      const key = Math.floor(n / TABLE);
      const known = idOf(key);
      const id = known < 0 ? addTable(key) : known;
      const index = id * TABLE + (n % TABLE);
      const found = placeAt(index);
      const place = found < 0 ? insert(id, n % TABLE) : found;
      lastIndex = index;
      lastPlace = place; // others of its table may have moved
      const before = kindOf(pool.word(place, 0), pool.word(place, 1));
      const [one, other] = [unit * 2 + (mark ? 1 : 0), hash * 4 + state];
      pool.write(place, one, other);
      change(before, -1);
      change(kindOf(one, other), 1);
      return (before >>> 1) as State; // two bits, and there are four states
    },
    numberAt(index) {
      const id = Math.floor(index / TABLE);
      return (chunkOf(id).keys[id & (CHUNK - 1)] ?? 0) * TABLE + (index % TABLE);
    },
    stateAt: (index) => (word(index, 1) & 3) as State, // likewise
    hashAt: (index) => word(index, 1) >>> 2,
    unitAt: (index) => word(index, 0) >>> 1,
    isMarked: (index) => (word(index, 0) & 1) === 1,
    count: (state, mark) => counts[(state << 1) | (mark ? 1 : 0)] ?? 0,
  };
}

function emptyChunk(): Chunk {
  return {
    keys: new Float64Array(CHUNK),
    places: new Uint32Array(CHUNK),
    low: new Int32Array(CHUNK),
    high: new Int32Array(CHUNK),
  };
}

/** State and mark of a slot, as one small number. */
function kindOf(one: number, other: number): number {
  return ((other & 3) << 1) | (one & 1);
}

function has(first: number, second: number, line: number): boolean {
  return (((line < 32 ? first : second) >>> (line & 31)) & 1) === 1;
}

/** How many lines before this one have slots. */
function rank(first: number, second: number, line: number): number {
  if (line < 32) return ones(first & ((1 << line) - 1));
  return ones(first) + ones(second & ((1 << (line - 32)) - 1));
}

/** The bits that are set in a word, counted in parallel. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
