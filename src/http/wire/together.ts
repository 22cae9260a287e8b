// Puts the pieces of a large body together: HTTP/2 brings it by 8 or 16 KiB, and a write costs hardly less for that than for 64.

export interface Together {
  /** Takes a piece, and hands over what is full. The rest comes at the end of the turn. */
  add(piece: Buffer): void;
  /** Hands over what there is, at once. */
  flush(): void;
  /** Forgets what there is. */
  clear(): void;
}

/** In bytes: as much is handed over at once. */
export const TOGETHER = 65_536;

/** `take` has the bytes until it returns: then others are written to their place. */
export function together(take: (bytes: Buffer) => void): Together {
  const whole = Buffer.allocUnsafeSlow(TOGETHER);
  let filled = 0;
  let due: NodeJS.Immediate | undefined;

  const clear = () => {
    filled = 0;
    clearImmediate(due);
    due = undefined;
  };
  const flush = () => {
    const bytes = whole.subarray(0, filled);
    clear();
    if (bytes.length > 0) take(bytes);
  };
  return {
    add(piece) {
      for (let from = 0; from < piece.length; ) {
        const copied = piece.copy(whole, filled, from);
        from += copied;
        filled += copied;
        if (filled === TOGETHER) flush();
      }
      if (filled > 0) due ??= setImmediate(flush);
    },
    flush,
    clear,
  };
}
