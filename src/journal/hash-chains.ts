// Numbers by hash, that come and go: of those with one hash, the last that came is the first to be found.

export interface Chains {
  add(hash: number, n: number): void;
  /** The first number of this hash that is wanted. */
  find(hash: number, isWanted: (n: number) => boolean): number | undefined;
  delete(hash: number, n: number): void;
}

const NONE = -1;

/** 20 to 40 bytes a number. */
export function chains(): Chains {
  let capacity = 1024;
  let heads = new Int32Array(capacity).fill(NONE);
  let nexts = new Int32Array(capacity);
  let hashes = new Uint32Array(capacity);
  let numbers = new Float64Array(capacity);
  let used = 0;
  /** The first of the places that are free again; they are a chain, too. */
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
    const [before, theirs] = [hashes, numbers];
    hashes = new Uint32Array(capacity);
    hashes.set(before);
    numbers = new Float64Array(capacity);
    numbers.set(theirs);
    for (let place = 0; place < used; place++) link(place);
  };

  return {
    add(hash, n) {
      // Only where no place is free: then all that are in use are to be linked anew.
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
