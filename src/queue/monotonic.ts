// The clock of leases: one that all processes of a machine share, and that nobody sets.

/** Milliseconds since some moment, such as the start of the machine (CLOCK_MONOTONIC on Linux). */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
