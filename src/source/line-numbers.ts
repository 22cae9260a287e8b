// Which line of the lists has which number: a number that a line gives itself may be another line's already.

/** The numbers that are taken. A line is called by its place among all lines, from 1: without a number given, that is it. */
export interface LineNumbers {
  /** Takes `n` for the line at `place`. If another line has it, returns the place of that one; nothing is taken then. */
  take(n: number, place: number): number | undefined;
}

/** So many blank lines and comments are told from lines that have a number; any more count as if they had theirs. */
const MAX_GAPS = 4096;

/** The share of cells in use at which the table of given numbers grows, and by how much: 21 to 32 bytes a number. */
const FULL = 0.75;
const GROWTH = 1.5;

/** Plain lines cost nothing each: those that follow each other are one span. Places rise from call to call. */
export function lineNumbers(): LineNumbers {
  /** First and last place of each span of lines that have their own number, in order. */
  const spans: { readonly first: number; last: number }[] = [];
  const given = table();
  let last = { first: 0, last: -1 };
  let isBroken = true;

  return {
    take(n, place) {
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

/** Places by number: open addressing in an order that no list can foresee. */
function table() {
  const seed = Math.floor(Math.random() * 2 ** 32);
  let capacity = 64;
  /** A number plus 1, and its place; 0 where there is none. */
  let cells = new Float64Array(2 * capacity);
  let size = 0;

  const cellOf = (n: number): number => {
    let cell = mixed(n, seed) % capacity;
    for (let key = cells[2 * cell]; key !== 0 && key !== n + 1; key = cells[2 * cell]) cell = (cell + 1) % capacity;
    return 2 * cell;
  };
  const grow = () => {
    const before = cells;
    capacity = Math.ceil(capacity * GROWTH);
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
    /** Returns the place that is there already, if one is. */
    put(n: number, place: number): number | undefined {
      const cell = cellOf(n);
      if (cells[cell] !== 0) return cells[cell + 1];
      cells[cell] = n + 1;
      cells[cell + 1] = place;
      if (++size > capacity * FULL) grow();
      return undefined;
    },
  };
}

/** The finish of MurmurHash3 over both halves of a whole number. */
function mixed(n: number, seed: number): number {
  let hash = Math.imul((n >>> 0) ^ seed, 0xcc9e_2d51) ^ Math.floor(n / 2 ** 32);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
