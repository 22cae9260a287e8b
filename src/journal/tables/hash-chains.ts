// A hash table with chaining from hashes to line numbers; of equal hashes, the last one added is found first.

export interface HashChains {
  add(hash: number, n: number): void;
  /** The first number with this hash for which `isWanted` is true. */
  find(hash: number, isWanted: (n: number) => boolean): number | undefined;
  delete(hash: number, n: number): void;
}

const NONE = -1;

/** Uses 20 to 40 bytes per number. */
export function hashChains(): HashChains {
  let capacity = 1024;
  let heads = new Int32Array(capacity).fill(NONE);
  let nexts = new Int32Array(capacity);
  let hashes = new Uint32Array(capacity);
  let numbers = new Float64Array(capacity);
  let used = 0;
  /** The first free place; free places form a chain of their own. */
  let free = NONE;

  const link = (place: number) => {
    const head = (hashes[place] ?? 0) % capacity;
    nexts[place] = heads[head] ?? NONE;
    heads[head] = place;
  };
  const grow = () => {
    capacity *= 2;
    heads = new Int32Array(capacity).fill(NONE);
    nexts = new Int32Array(capacity);
    const [oldHashes, oldNumbers] = [hashes, numbers];
    hashes = new Uint32Array(capacity);
    hashes.set(oldHashes);
    numbers = new Float64Array(capacity);
    numbers.set(oldNumbers);
    for (let place = 0; place < used; place++) link(place);
  };

  return {
    add(hash, n) {
      // Only when no place is free, so that every place is relinked.
      if (free === NONE && used === capacity) grow();
      let place = free;
      if (place === NONE) place = used++;
      else free = nexts[place] ?? NONE;
      hashes[place] = hash;
      numbers[place] = n;
      link(place);
    },
    find(hash, isWanted) {
      for (let place = heads[hash % capacity] ?? NONE; place !== NONE; place = nexts[place] ?? NONE) {
        const n = numbers[place] ?? 0;
        if (hashes[place] === hash && isWanted(n)) return n;
      }
      return undefined;
    },
    delete(hash, n) {
      let before = NONE;
      for (let place = heads[hash % capacity] ?? NONE; place !== NONE; place = nexts[place] ?? NONE) {
        if (hashes[place] === hash && numbers[place] === n) {
          if (before === NONE) heads[hash % capacity] = nexts[place] ?? NONE;
          else nexts[before] = nexts[place] ?? NONE;
          nexts[place] = free;
          free = place;
          return;
        }
        before = place;
      }
    },
  };
}
