// The thresholds of adaptive concurrency: which differences in throughput count, how far it goes down, how long it waits.

/** A higher concurrency is kept if it is 5 % faster; in a short sample, only 30 % faster is sure. */
export const MIN_GAIN = 1.05;
export const CLEAR_GAIN = 1.3;
/** Between the best and an overload, steps are small: 2 % is enough. */
export const MIN_GAIN_BELOW_OVERLOAD = 1.02;
/** A lower concurrency is kept if it loses at most 3 %. */
export const MAX_LOSS = 0.97;
/** Twice the same concurrency, and 10 % faster: the run still warms up, and earlier samples are worthless. */
export const WARM_UP_GAIN = 1.1;
/** The held concurrency is slower than it was below this ratio: the server has changed. */
export const SLOWER = 0.8;

/** Lower concurrencies are tested only after an overload: a wrong choice there costs much throughput. */
export const MIN_CONCURRENCY = 4;
/** Ratio of the concurrency after an overload to the one before. */
export const BACK_OFF = 0.7;
/** Ratios of a probe to the held concurrency. */
export const PROBE_UP = 1.5;
export const PROBE_DOWN = 0.8;

/** Where fewer slots are busy, something else limits the run, and a sample says nothing about the concurrency. */
export const MIN_BUSY_SHARE = 0.9;
/** Samples in a row with idle slots after which that is reported. */
export const MIN_IDLE_SAMPLES = 3;

/** Time until a probe; doubled, up to the maximum, after each probe that finds nothing better. */
export const FIRST_HOLD_MS = 5000;
export const MAX_HOLD_MS = 60_000;
/** An overload is not tried again for this long. */
export const AVOID_MS = 60_000;

/** The throughput measured at one concurrency. */
export interface Point {
  readonly at: number;
  readonly speed: number;
}
