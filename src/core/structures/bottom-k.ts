// Keeps the k items with the smallest keys of a stream: the k slowest by negative time, or a random sample by random keys.

export interface BottomK<T> {
  /** Whether an item with this key would be kept. Of equal keys, the smaller `tie` decides. Most items of a long stream are not. */
  accepts(key: number, tie: number): boolean;
  /** Adds an item that is accepted. */
  add(key: number, tie: number, item: T): void;
  /** The items by their keys, ascending. */
  items(): readonly T[];
}

interface Rank {
  readonly key: number;
  readonly tie: number;
}

interface Entry<T> extends Rank {
  readonly item: T;
}

/** A binary heap with the largest key on top. */
export function bottomK<T>(k: number): BottomK<T> {
  const heap: Entry<T>[] = [];

  const siftDown = (entry: Entry<T>) => {
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const isRight = left !== undefined && right !== undefined && follows(right, left);
      const child = isRight ? right : left;
      if (child === undefined || follows(entry, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = entry;
  };
  const siftUp = (entry: Entry<T>) => {
    let at = heap.length;
    for (;;) {
      const above = (at - 1) >> 1;
      const parent = at === 0 ? undefined : heap[above];
      if (parent === undefined || follows(parent, entry)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  };

  return {
    accepts(key, tie) {
      const last = heap[0];
      return heap.length < k || (last !== undefined && (key < last.key || (key === last.key && tie < last.tie)));
    },
    add(key, tie, item) {
      const entry = { key, tie, item };
      if (heap.length < k) siftUp(entry);
      else siftDown(entry);
    },
    items: () => [...heap].sort((a, b) => (follows(a, b) ? 1 : -1)).map(({ item }) => item),
  };
}

function follows(a: Rank, b: Rank): boolean {
  return a.key > b.key || (a.key === b.key && a.tie > b.tie);
}
