// Stores state, URL hash and journal position of each line: 8 bytes per line for dense line numbers, 36 for sparse ones.

import { keyTable } from "./key-table.ts";
import { slotPool } from "./slot-pool.ts";

// What is recorded of a line, in three bits.
/** Nothing, or its record was deleted. */
export const STATE_NONE = 0;
/** Saved, and its file exists. */
export const STATE_SAVED = 1;
/** Failed permanently. */
export const STATE_FAILED = 2;
/** Failed, and a later run retries it. */
export const STATE_RETRYABLE = 3;
/** Skipped, as the server demanded. */
export const STATE_SKIPPED = 4;
/** Saved, but its file is missing or has another length. */
export const STATE_MISSING = 5;

export type State =
  | typeof STATE_NONE
  | typeof STATE_SAVED
  | typeof STATE_FAILED
  | typeof STATE_RETRYABLE
  | typeof STATE_SKIPPED
  | typeof STATE_MISSING;

/** Granularity of a record's stored journal position, in bytes. */
export const UNIT_BYTES = 128;

/** The highest unit that fits into 31 bits, 256 GiB into the journal. It also stands for all positions after it. */
export const LAST_UNIT = 0x7fff_ffff;

export function unitOf(offsetBytes: number): number {
  return Math.min(LAST_UNIT, Math.floor(offsetBytes / UNIT_BYTES));
}

/**
 * Two 32-bit words per line: 31 bits of position and the high bit of the state; 30 bits of the URL's hash and the two low
 * bits of the state. A line is addressed by its number, or by an index that never changes.
 */
export interface LineTable {
  /** The index of a line; -1 if it was never set. */
  indexOf(n: number): number;
  /** Calls `visit` with the index of every line that was ever set, in the order of their tables. */
  each(visit: (index: number) => void): void;
  /** Sets a line. Returns its previous state. */
  set(n: number, unit: number, hash: number, state: State): State;
  numberAt(index: number): number;
  stateAt(index: number): State;
  hashAt(index: number): number;
  unitAt(index: number): number;
  /** The number of lines in this state, except STATE_NONE. */
  count(state: State): number;
}

/** Lines per table: consecutive numbers. A bitmap of 64 bits marks those that have slots. */
const TABLE_LINES = 64;

/** From this number of lines, a table has 64 slots; below it, slots only for the lines that were set. */
const MIN_LINES_FOR_ALL_SLOTS = 33;

/** Tables per chunk. A chunk is one allocation of 80 KiB. */
const CHUNK_BITS = 12;
const CHUNK_TABLES = 1 << CHUNK_BITS;

/** Limited by indices: index and index + 1 must fit into 32 bits. */
const MAX_TABLES = 2 ** 26 - 1;

/** 20 bytes per table. */
interface Chunk {
  /** Number of the table's first line, divided by 64. */
  readonly keys: Float64Array;
  /** The table's first slot. */
  readonly places: Uint32Array;
  /** Bitmaps of the lines with slots: the first 32, the last 32. */
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/**
 * A table begins with one slot, and moves to twice as many when they are full: at most 36 bytes per line for any numbers in
 * any order.
 */
export function lineTable(): LineTable {
  const pool = slotPool();
  const chunks: Chunk[] = [];
  const ids = keyTable((id) => chunkOf(id).keys[id & (CHUNK_TABLES - 1)] ?? 0);
  let tables = 0;
  /** The number of lines per state. */
  const counts = [0, 0, 0, 0, 0, 0];
  // A cache of the last table: lines finish nearly in order.
  let lastKey = -1;
  let lastId = -1;
  // A cache of the last slot: callers read several fields of one line.
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
    if (tables % CHUNK_TABLES === 0) chunks.push(emptyChunk());
    chunkOf(tables).keys[tables % CHUNK_TABLES] = key;
    tables++;
    lastId = ids.add(key);
    return lastId;
  };
  /** The slot of a line of a table; -1 if it has none. */
  const placeOf = (id: number, line: number): number => {
    const { places, low, high } = chunkOf(id);
    const at = id & (CHUNK_TABLES - 1);
    const [first, second] = [low[at] ?? 0, high[at] ?? 0];
    if (!hasSlot(first, second, line)) return -1;
    return (
      (places[at] ?? 0) +
      (popcount(first) + popcount(second) >= MIN_LINES_FOR_ALL_SLOTS ? line : rank(first, second, line))
    );
  };
  /** Allocates a slot for a line that has none. */
  const insert = (id: number, line: number): number => {
    const { places, low, high } = chunkOf(id);
    const at = id & (CHUNK_TABLES - 1);
    const [first, second, from] = [low[at] ?? 0, high[at] ?? 0, places[at] ?? 0];
    if (line < 32) low[at] = first | (1 << line);
    else high[at] = second | (1 << (line - 32));
    const before = popcount(first) + popcount(second);
    if (before >= MIN_LINES_FOR_ALL_SLOTS) return from + line;
    const isFull = (before & (before - 1)) === 0; // none, or a power of two
    const to = isFull ? pool.allocate(before === 0 ? 1 : 2 * before) : from;
    const own = rank(first, second, line);
    let place = to + own;
    if (before + 1 === MIN_LINES_FOR_ALL_SLOTS) {
      place = to + line;
      for (let other = 0, slot = from; other < TABLE_LINES; other++)
        if (hasSlot(first, second, other)) pool.copy(slot++, to + other);
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
      lastPlace = index < 0 ? -1 : placeOf(Math.floor(index / TABLE_LINES), index % TABLE_LINES);
      lastIndex = index;
    }
    return lastPlace;
  };
  const word = (index: number, which: 0 | 1): number => {
    const place = placeAt(index);
    return place < 0 ? 0 : pool.word(place, which);
  };
  const addCount = (state: State, by: number) => {
    counts[state] = (counts[state] ?? 0) + by;
  };

  return {
    indexOf(n) {
      const id = idOf(Math.floor(n / TABLE_LINES));
      const index = id < 0 ? -1 : id * TABLE_LINES + (n % TABLE_LINES);
      return placeAt(index) < 0 ? -1 : index;
    },
    each(visit) {
      for (let id = 0; id < tables; id++) {
        const { low, high } = chunkOf(id);
        const [first, second] = [low[id & (CHUNK_TABLES - 1)] ?? 0, high[id & (CHUNK_TABLES - 1)] ?? 0];
        for (let line = 0; line < TABLE_LINES; line++) if (hasSlot(first, second, line)) visit(id * TABLE_LINES + line);
      }
    },
    set(n, unit, hash, state) {
      const key = Math.floor(n / TABLE_LINES);
      const known = idOf(key);
      const id = known < 0 ? addTable(key) : known;
      const index = id * TABLE_LINES + (n % TABLE_LINES);
      const found = placeAt(index);
      const place = found < 0 ? insert(id, n % TABLE_LINES) : found;
      lastIndex = index;
      lastPlace = place; // slots of the table may have moved
      const previous = stateOf(pool.word(place, 0), pool.word(place, 1));
      pool.write(place, unit * 2 + (state >>> 2), hash * 4 + (state & 3));
      addCount(previous, -1);
      addCount(state, 1);
      return previous;
    },
    numberAt(index) {
      const id = Math.floor(index / TABLE_LINES);
      return (chunkOf(id).keys[id & (CHUNK_TABLES - 1)] ?? 0) * TABLE_LINES + (index % TABLE_LINES);
    },
    stateAt: (index) => stateOf(word(index, 0), word(index, 1)),
    hashAt: (index) => word(index, 1) >>> 2,
    unitAt: (index) => word(index, 0) >>> 1,
    count: (state) => counts[state] ?? 0,
  };
}

function emptyChunk(): Chunk {
  return {
    keys: new Float64Array(CHUNK_TABLES),
    places: new Uint32Array(CHUNK_TABLES),
    low: new Int32Array(CHUNK_TABLES),
    high: new Int32Array(CHUNK_TABLES),
  };
}

/** The state in the words of a slot, as `set` wrote them. */
function stateOf(first: number, second: number): State {
  return (((first & 1) << 2) | (second & 3)) as State;
}

function hasSlot(first: number, second: number, line: number): boolean {
  return (((line < 32 ? first : second) >>> (line & 31)) & 1) === 1;
}

/** The number of lines before this one that have slots. */
function rank(first: number, second: number, line: number): number {
  if (line < 32) return popcount(first & ((1 << line) - 1));
  return popcount(first) + popcount(second & ((1 << (line - 32)) - 1));
}

/** Population count: the number of set bits of a word, counted in parallel. */
function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
