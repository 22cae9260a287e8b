// Holds the values of a column until its group is written: in typed arrays, which the garbage collector need not copy.

/** The rows are set in ascending order; a row that is not set has no value. */
export interface ColumnBuffer {
  /** False if the value would not be the same when it is read: it is not set. */
  set(row: number, value: unknown): boolean;
  /** The values of the first rows as the writer takes them, undefined where there is none; empties the buffer. */
  take(rows: number): unknown[];
}

/** Numbers, and what is stored as one: `encode` returns NaN for a value that it does not take. */
export function numbersBuffer(
  rows: number,
  encode: (value: unknown) => number,
  decode: (number: number) => unknown = (number) => number,
): ColumnBuffer {
  const numbers = new Float64Array(rows).fill(Number.NaN);
  let isEmpty = true;
  return {
    set(row, value) {
      const number = encode(value);
      if (Number.isNaN(number)) return false;
      numbers[row] = number;
      isEmpty = false;
      return true;
    },
    take(count) {
      if (isEmpty) return noValues(count);
      const values = new Array<unknown>(count);
      for (let row = 0; row < count; row++) {
        const number = numbers[row] as number;
        values[row] = Number.isNaN(number) ? undefined : decode(number);
      }
      numbers.fill(Number.NaN);
      isEmpty = true;
      return values;
    },
  };
}

/** Texts that many rows have: each is held once. */
export function wordsBuffer(rows: number): ColumnBuffer {
  const words: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (value: unknown): number => {
    if (!isText(value)) return Number.NaN;
    const id = ids.get(value);
    if (id !== undefined) return id;
    ids.set(value, words.length);
    return words.push(value) - 1;
  };
  const numbers = numbersBuffer(rows, idOf, (id) => words[id]);
  return {
    set: numbers.set,
    take(count) {
      const values = numbers.take(count);
      words.length = 0;
      ids.clear();
      return values;
    },
  };
}

/** Texts, as UTF-8: `encode` returns undefined for a value that it does not take. */
export function textsBuffer(rows: number, encode: (value: unknown) => string | undefined = textOf): ColumnBuffer {
  let bytes = Buffer.alloc(0);
  let filled = 0;
  let isEmpty = true;
  /** Where the text of a row begins in `bytes`; -1: it has none. */
  const begins = new Int32Array(rows).fill(-1);
  const ends = new Int32Array(rows);
  return {
    set(row, value) {
      const text = encode(value);
      if (text === undefined) return false;
      const most = filled + 3 * text.length; // UTF-8 has up to three bytes for a UTF-16 unit
      if (most > bytes.length) bytes = Buffer.concat([bytes.subarray(0, filled)], 2 * most);
      isEmpty = false;
      begins[row] = filled;
      filled += bytes.write(text, filled);
      ends[row] = filled;
      return true;
    },
    take(count) {
      if (isEmpty) return noValues(count);
      const values = new Array<unknown>(count);
      const { buffer, byteOffset } = bytes;
      for (let row = 0; row < count; row++) {
        const begin = begins[row] as number;
        values[row] = begin < 0 ? undefined : new Uint8Array(buffer, byteOffset + begin, (ends[row] as number) - begin);
      }
      begins.fill(-1);
      isEmpty = true;
      filled = 0; // the values are written before the next one is set
      return values;
    },
  };
}

/** The same array for all columns without values: many are empty in most groups. */
function noValues(count: number): unknown[] {
  if (empty.length !== count) empty = new Array<undefined>(count).fill(undefined);
  return empty;
}

let empty: undefined[] = [];

/** A text that UTF-8 can hold: a lone surrogate would become another character. */
function isText(value: unknown): value is string {
  return typeof value === "string" && !LONE_SURROGATE.test(value);
}

const LONE_SURROGATE = /\p{Cs}/u;

function textOf(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}
