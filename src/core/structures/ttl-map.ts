// A map with a maximum size and a time to live: the oldest entries are removed first.

export interface TtlMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

/** `nowMs` returns the time of a monotonic clock. */
export function ttlMap<V>(maxEntries: number, maxAgeMs: number, nowMs: () => number): TtlMap<V> {
  const entries = new Map<string, { readonly value: V; readonly expiresMs: number }>();

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (nowMs() < entry.expiresMs) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, { value, expiresMs: nowMs() + maxAgeMs });
      if (entries.size <= maxEntries) return;
      for (const oldest of entries.keys()) return void entries.delete(oldest);
    },
    delete: (key) => void entries.delete(key),
  };
}
