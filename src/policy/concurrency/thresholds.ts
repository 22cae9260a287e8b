// What difference between two speeds the governor takes for one, how low it goes for it, and what it gives up where tries are lost.

/** A step is kept only if it is so much faster; and so much may be lost by taking fewer. */
export const FASTER = 1.05;
export const CLEARLY_FASTER = 1.3;
export const AS_FAST = 0.97;
/** Between an error and what is clean a small step is worth this. */
export const A_LITTLE_FASTER = 1.02;
/** So much more than the last time, of the same number: the run itself has become faster, and what was seen before it says nothing. */
export const WARMER = 1.1;
/** Fewer at a time than this are taken only where servers ask for less: so few cost much where they were too few after all. */
export const FEW = 4;
/** What is left where tries are lost. */
export const EASE = 0.7;

/** So many tries at a time are so fast. */
export interface Point {
  readonly at: number;
  readonly speed: number;
}
