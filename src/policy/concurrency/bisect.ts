// Halves the distance between two whole numbers, by their ratio.

/** Two numbers that differ by no more than this are the same. */
const CLOSE = 1.1;

/** Whether there is nothing between them that is worth a look. */
export function isClose(low: number, high: number): boolean {
  return high - low <= 1 || high <= CLOSE * low;
}

/** Between two numbers that are not close, and neither of them. */
export function middle(low: number, high: number): number {
  return Math.min(high - 1, Math.max(low + 1, Math.round(Math.sqrt(Math.max(1, low) * high))));
}
