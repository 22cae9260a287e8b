// One bit for each of a history's lines, called by its index.

export interface BitSet {
  has(index: number): boolean;
  add(index: number): void;
  delete(index: number): void;
  /** Takes all marks away. */
  clear(): void;
}

export function bitSet(): BitSet {
  let words = new Uint32Array(1024);
  return {
    has: (index) => (((words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1,
    add(index) {
      const word = index >>> 5;
      if (word >= words.length) {
        const more = new Uint32Array(Math.max(word + 1, 2 * words.length));
        more.set(words);
        words = more;
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
