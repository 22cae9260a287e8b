// Orders and queues: the order that selects a host, a binary heap, and a FIFO queue.

import type { Job } from "../job.ts";

/** A host that may start a job now, as an order gets it. */
export interface HostQueue {
  /** Name and port: `example.com`, `example.com:443` for https, `example.com:8080`. */
  readonly host: string;
  /** Number of its jobs that may start, without those in a back-off. */
  readonly waiting: number;
  /** The first of them. */
  readonly next: Job;
}

/**
 * Selects one of the hosts that may start a job now. There is at least one; they are in the order of their last start. Called
 * once per start, where there are several: its cost is that of the hosts that it reads.
 */
export type Order = (ready: Iterable<HostQueue>) => HostQueue;

/** `fair`: the hosts in turn. `list`: the host with the lowest line number. `longest`: the host with the most waiting jobs. */
export const ORDERS = {
  fair: first,
  list: (ready) => best(ready, (one, other) => one.next.n < other.next.n),
  longest: (ready) => best(ready, (one, other) => one.waiting > other.waiting),
} as const satisfies Record<string, Order>;

function first(ready: Iterable<HostQueue>): HostQueue {
  for (const queue of ready) return queue;
  throw new Error("an order was called without a host");
}

function best(ready: Iterable<HostQueue>, better: (one: HostQueue, other: HostQueue) => boolean): HostQueue {
  let found = first(ready);
  for (const queue of ready) if (better(queue, found)) found = queue;
  return found;
}

/** A priority queue: the smallest key first. */
export interface Heap<T> {
  readonly size: number;
  /** The smallest key; Infinity if the heap is empty. */
  readonly minKey: number;
  push(key: number, value: T): void;
  /** Removes and returns the value with the smallest key. */
  pop(): T | undefined;
  peek(): T | undefined;
}

/** A binary heap. The order of values with equal keys is not defined. */
export function heap<T>(): Heap<T> {
  const entries: { readonly key: number; readonly value: T }[] = [];
  const keyAt = (index: number) => entries[index]?.key ?? Number.POSITIVE_INFINITY;

  return {
    get size() {
      return entries.length;
    },
    get minKey() {
      return keyAt(0);
    },
    push(key, value) {
      const entry = { key, value };
      let hole = entries.length;
      for (let parent = (hole - 1) >> 1; hole > 0 && key < keyAt(parent); parent = (hole - 1) >> 1) {
        entries[hole] = entries[parent] ?? entry;
        hole = parent;
      }
      entries[hole] = entry;
    },
    pop() {
      const top = entries[0];
      const last = entries.pop();
      if (last === undefined || entries.length === 0) return top?.value;
      let hole = 0;
      for (;;) {
        let child = 2 * hole + 1;
        if (keyAt(child + 1) < keyAt(child)) child++;
        if (keyAt(child) >= last.key) break;
        entries[hole] = entries[child] ?? last;
        hole = child;
      }
      entries[hole] = last;
      return top?.value;
    },
    peek: () => entries[0]?.value,
  };
}

/** First in, first out: an array and the index of its first item, since `Array.shift` moves all items. */
export interface Fifo<T> {
  readonly items: (T | undefined)[];
  from: number;
}

export function enqueue<T>(line: Fifo<T>, item: T): void {
  line.items.push(item);
}

export function dequeue<T>(line: Fifo<T>): T | undefined {
  const { items } = line;
  const item = peek(line);
  if (item === undefined) return undefined;
  items[line.from++] = undefined; // so that it can be collected before the array is cut
  if (line.from === items.length) {
    items.length = 0;
    line.from = 0;
  } else if (line.from >= 256 && line.from * 2 >= items.length) {
    items.copyWithin(0, line.from);
    items.length -= line.from;
    line.from = 0;
  }
  return item;
}

/** Reads nothing behind the last item: where V8 has not seen that before, it throws away what it has compiled. */
export function peek<T>({ items, from }: Fifo<T>): T | undefined {
  return from < items.length ? items[from] : undefined;
}
