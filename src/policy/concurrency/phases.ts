// How long the governor looks at a number of tries before it judges, by what it is after, and when it looks again.

export type Phase =
  | "warm"
  | "rise"
  | "doubt"
  | "again"
  | "climb"
  | "sink"
  | "hold"
  | "probe-up"
  | "probe-down"
  | "eased";

/** So many tries say enough. */
export const MIN_SAMPLES = 300;
/** What was found is tried again after so long, and later and later while it stays right. */
export const PATIENCE_MS = 5000;
export const MOST_PATIENCE_MS = 60_000;
/** For so long no more is tried than what servers have refused. */
export const SORE_MS = 60_000;

/** Tries for each that is under way, at least. */
export function generationsOf(phase: Phase, at: number): number {
  return isRough(phase) ? 3 : Math.min(8, Math.max(3, Math.ceil(MIN_SAMPLES / at)));
}

export function leastMsOf(phase: Phase): number {
  if (isRough(phase)) return 200;
  return phase === "hold" ? 1000 : 600;
}

/** A look that may be short, since what it says is looked at again. */
function isRough(phase: Phase): boolean {
  return phase === "warm" || phase === "rise";
}
