// A queue of outcomes between the run and the caller's loop, with backpressure: a slot is free when its outcome is taken.

export interface OutcomeQueue<T> {
  /** Resolves when the item is taken, or after `close`. */
  put(item: T): Promise<void>;
  /** Resolves with the next item; with undefined after `finish`, when all are taken. */
  next(): Promise<T | undefined>;
  /** Called when there are no more items. */
  finish(): void;
  /** Called when no more items are taken: resolves pending and later `put` calls. */
  close(): void;
}

export function outcomeQueue<T>(): OutcomeQueue<T> {
  const waiting: { readonly item: T; readonly taken: () => void }[] = [];
  let open = true;
  let finished = false;
  let wake = () => {};

  return {
    put(item) {
      if (!open) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.push({ item, taken: resolve });
        wake();
      });
    },
    async next() {
      while (waiting.length === 0 && !finished) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const first = waiting.shift();
      first?.taken();
      return first?.item;
    },
    finish() {
      finished = true;
      wake();
    },
    close() {
      open = false;
      for (const { taken } of waiting.splice(0)) taken();
    },
  };
}
