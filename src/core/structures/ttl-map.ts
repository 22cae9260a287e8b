// A map with a maximum size and a time to live: where it is full, the older half of its entries is removed.

export interface TtlMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

interface Entry<V> {
  readonly value: V;
  readonly expiresMs: number;
}

/**
 * `nowMs` returns the time of a monotonic clock. No entry is removed by itself for its age or number, for the reasons in
 * linked-list.ts: half of the entries are in a map that is dropped whole.
 */
export function ttlMap<V>(maxEntries: number, maxAgeMs: number, nowMs: () => number): TtlMap<V> {
  const half = Math.max(1, Math.floor(maxEntries / 2));
  let recent = new Map<string, Entry<V>>();
  let earlier = new Map<string, Entry<V>>();

  return {
    get(key) {
      const entry = recent.get(key) ?? earlier.get(key);
      return entry !== undefined && nowMs() < entry.expiresMs ? entry.value : undefined;
    },
    set(key, value) {
      if (recent.size >= half && !recent.has(key)) {
        earlier = recent;
        recent = new Map();
      }
      recent.set(key, { value, expiresMs: nowMs() + maxAgeMs });
    },
    delete(key) {
      recent.delete(key);
      earlier.delete(key);
    },
  };
}
