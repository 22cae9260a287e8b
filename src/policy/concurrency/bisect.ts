// Bisects between two integers on a logarithmic scale.

/** Ratio up to which two numbers count as equal. */
const CLOSE_RATIO = 1.1;

/** Whether there is nothing between them that is worth a measurement. */
export function isClose(low: number, high: number): boolean {
  return high - low <= 1 || high <= CLOSE_RATIO * low;
}

/** Returns an integer strictly between two numbers that are not close. */
export function middle(low: number, high: number): number {
  return Math.min(high - 1, Math.max(low + 1, Math.round(Math.sqrt(Math.max(1, low) * high))));
}
