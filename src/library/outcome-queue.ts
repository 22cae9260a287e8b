// Hands outcomes from the run to the loop that takes them, one by one; a slot is free again when its outcome is taken.

export interface OutcomeQueue<T> {
  /** Settled when the item has been taken, or nobody takes any more. */
  put(item: T): Promise<void>;
  /** The next item, or undefined at the end: `finish` was called and everything is taken. */
  next(): Promise<T | undefined>;
  /** No more items will come. */
  finish(): void;
  /** Nobody takes any more. */
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
