// Assigns numbers to lines and finds duplicates: a number given in a line may be that of another line.

/** The numbers in use. A line's place is its index among all lines, from 1, and its number unless it gives another. */
export interface LineNumbers {
  /** Assigns `n` to the line at `place`. If another line has `n`, returns the place of that line and assigns nothing. */
  claim(n: number, place: number): number | undefined;
}

/** Maximum number of gaps (blank lines, comments) that are recorded; further ones count as if they had numbers. */
const MAX_GAPS = 4096;

/** Load at which the table of given numbers grows, and its factor: 21 to 32 bytes per number. */
const MAX_LOAD_FACTOR = 0.75;
const GROWTH_FACTOR = 1.5;

/** Consecutive lines without a given number are one span and need no memory each. Places rise from call to call. */
export function lineNumbers(): LineNumbers {
  /** First and last place of each span of lines whose number is their place, in order. */
  const spans: { readonly first: number; last: number }[] = [];
  const given = table();
  let last = { first: 0, last: -1 };
  let isBroken = true;

  return {
    claim(n, place) {
      if (n === place) {
        const other = given.size === 0 ? undefined : given.get(n);
        if (other !== undefined) {
          isBroken = true;
          return other;
        }
        if (!isBroken && (place === last.last + 1 || spans.length >= MAX_GAPS)) last.last = place;
        else {
          last = { first: place, last: place };
          spans.push(last);
        }
        isBroken = false;
        return undefined;
      }
      isBroken = true;
      if (isWithin(n)) return n;
      return given.put(n, place);
    },
  };

  function isWithin(n: number): boolean {
    let from = 0;
    let to = spans.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const span = spans[middle] ?? last;
      if (n < span.first) to = middle;
      else if (n > span.last) from = middle + 1;
      else return true;
    }
    return false;
  }
}

/** A hash table of places by number: open addressing, seeded randomly so that no list can provoke collisions. */
function table() {
  const seed = Math.floor(Math.random() * 2 ** 32);
  let capacity = 64;
  /** Pairs of a number plus 1 and its place; 0 in an empty cell. */
  let cells = new Float64Array(2 * capacity);
  let size = 0;

  const cellOf = (n: number): number => {
    let cell = hashOf(n, seed) % capacity;
    for (let key = cells[2 * cell]; key !== 0 && key !== n + 1; key = cells[2 * cell]) cell = (cell + 1) % capacity;
    return 2 * cell;
  };
  const grow = () => {
    const before = cells;
    capacity = Math.ceil(capacity * GROWTH_FACTOR);
    cells = new Float64Array(2 * capacity);
    for (let at = 0; at < before.length; at += 2) {
      const key = before[at] ?? 0;
      if (key === 0) continue;
      const cell = cellOf(key - 1);
      cells[cell] = key;
      cells[cell + 1] = before[at + 1] ?? 0;
    }
  };

  return {
    get size() {
      return size;
    },
    get(n: number): number | undefined {
      const cell = cellOf(n);
      return cells[cell] === 0 ? undefined : cells[cell + 1];
    },
    /** Stores a place. Returns the place that the number already has, if any, and stores nothing then. */
    put(n: number, place: number): number | undefined {
      const cell = cellOf(n);
      if (cells[cell] !== 0) return cells[cell + 1];
      cells[cell] = n + 1;
      cells[cell + 1] = place;
      if (++size > capacity * MAX_LOAD_FACTOR) grow();
      return undefined;
    },
  };
}

/** The finaliser of MurmurHash3 over both halves of an integer. */
function hashOf(n: number, seed: number): number {
  let hash = Math.imul((n >>> 0) ^ seed, 0xcc9e_2d51) ^ Math.floor(n / 2 ** 32);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
