// A map that forgets: so many entries at most, the oldest of them first, and each for so long.

export interface TtlMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

/** `nowMs` is `performance.now()`, but for tests. */
export function ttlMap<V>(most: number, maxAgeMs: number, nowMs = () => performance.now()): TtlMap<V> {
  const entries = new Map<string, { readonly value: V; readonly untilMs: number }>();

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (nowMs() < entry.untilMs) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, { value, untilMs: nowMs() + maxAgeMs });
      if (entries.size <= most) return;
      for (const oldest of entries.keys()) return void entries.delete(oldest);
    },
    delete: (key) => void entries.delete(key),
  };
}
