// A bit set that grows: one bit per line of the line table, by its index.

export interface BitSet {
  has(index: number): boolean;
  add(index: number): void;
  delete(index: number): void;
  /** Removes all members. */
  clear(): void;
}

export function bitSet(): BitSet {
  let words = new Uint32Array(1024);
  return {
    has: (index) => (((words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1,
    add(index) {
      const word = index >>> 5;
      if (word >= words.length) {
        const larger = new Uint32Array(Math.max(word + 1, 2 * words.length));
        larger.set(words);
        words = larger;
      }
      words[word] = (words[word] ?? 0) | (1 << (index & 31));
    },
    delete(index) {
      const word = index >>> 5;
      if (word < words.length) words[word] = (words[word] ?? 0) & ~(1 << (index & 31));
    },
    clear: () => void words.fill(0),
  };
}
