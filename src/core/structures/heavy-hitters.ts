// Counts the most frequent keys of a stream in bounded memory: the space-saving algorithm.

/**
 * Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams (2005). With n additions and
 * k counters, every key with more than n / k of them has a counter, and no count is too high by more than n / k.
 */
export interface HeavyHitters {
  /** Counts a key, and returns the index of its counter. If none is free, the key takes over the one with the smallest count. */
  add(key: string): number;
  /** The index of its counter; -1 if it has none. */
  counterOf(key: string): number;
  keyOf(counter: number): string;
  /** At most `errorOf` more than the key's true number, and never less. */
  countOf(counter: number): number;
  errorOf(counter: number): number;
  /** A key without a counter was added at most so many times; 0 if no counter was ever taken over. */
  maxUncounted(): number;
  /** The number of counters in use. */
  readonly size: number;
  /** The counters with the highest counts, descending; those of one count by their keys. */
  largest(most: number): readonly number[];
}

/** `onTaken`: called with a counter before a key takes it over. */
export function heavyHitters(capacity: number, onTaken: (counter: number) => void = () => {}): HeavyHitters {
  const counters = new Map<string, number>();
  const keys: string[] = [];
  const counts = new Float64Array(capacity);
  const errors = new Float64Array(capacity);
  let isTaken = false;
  /**
   * Counters that had the smallest count when all were last searched. The search is repeated when none of them has it any more:
   * the smallest count has then grown, which n additions can do n / k times.
   */
  const smallest: number[] = [];
  let smallestCount = 0;

  const take = (): number => {
    for (;;) {
      const counter = smallest.pop();
      if (counter === undefined) findSmallest();
      else if (counts[counter] === smallestCount) return counter;
    }
  };
  const findSmallest = () => {
    smallestCount = counts.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY);
    for (let counter = capacity - 1; counter >= 0; counter--)
      if (counts[counter] === smallestCount) smallest.push(counter);
  };
  const counterFor = (key: string): number => {
    if (keys.length < capacity) return keys.push(key) - 1;
    const counter = take();
    isTaken = true;
    onTaken(counter);
    counters.delete(keys[counter] ?? "");
    keys[counter] = key;
    errors[counter] = counts[counter] ?? 0;
    return counter;
  };

  return {
    add(key) {
      let counter = counters.get(key);
      if (counter === undefined) {
        const own = copied(key);
        counter = counterFor(own);
        counters.set(own, counter);
      }
      counts[counter] = (counts[counter] ?? 0) + 1;
      return counter;
    },
    counterOf: (key) => counters.get(key) ?? -1,
    keyOf: (counter) => keys[counter] ?? "",
    countOf: (counter) => counts[counter] ?? 0,
    errorOf: (counter) => errors[counter] ?? 0,
    maxUncounted() {
      if (!isTaken) return 0;
      return counts.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY);
    },
    get size() {
      return keys.length;
    },
    largest(most) {
      const all = keys.map((_, counter) => counter);
      all.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || ((keys[a] ?? "") < (keys[b] ?? "") ? -1 : 1));
      return all.slice(0, most);
    },
  };
}

/** A copy: V8 keeps the whole string alive for a slice of it (V8 issue 2869), here the URL of a key. */
function copied(text: string): string {
  return String(JSON.parse(JSON.stringify(text)));
}
