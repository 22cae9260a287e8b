// The state of adaptive concurrency: its phase, and what was measured so far.

import { FIRST_HOLD_MS, type Point } from "./thresholds.ts";

/** One tag, `phase`; `phases.ts` explains the phases and has the transitions. */
export type State = Known &
  (
    | { readonly phase: "warm-up"; readonly best: Point | undefined }
    | { readonly phase: "back-off"; readonly from: number; readonly lossShare: number }
    | { readonly phase: "hold"; readonly best: Point; readonly heldMs: number; readonly slowSamples: number }
    | { readonly phase: SearchPhase; readonly best: Point }
  );

export type SearchPhase = "double" | "recheck" | "remeasure" | "bisect-down" | "bisect-up" | "probe-up" | "probe-down";

export interface Known {
  /** The concurrency now. */
  readonly at: number;
  readonly max: number;
  readonly initialMax: number;
  /** The highest throughput, to which a lower concurrency is compared. */
  readonly fastest: number;
  /** The highest concurrency that was slower; 0: none. */
  readonly floor: number;
  /** False for a `floor` from the first doublings: during warm-up, whatever came earlier looks slow. */
  readonly isFloorSure: boolean;
  /** The lowest concurrency that was no faster, or overloaded a server. */
  readonly ceiling: { readonly at: number; readonly isOverload: boolean } | undefined;
  /** For so long, no concurrency from an overloaded `ceiling` on is tried. */
  readonly avoidMs: number;
  /** How long a concurrency is held until the next probe. */
  readonly holdMs: number;
  readonly isUpNext: boolean;
  /** Samples in a row in which slots were idle. */
  readonly idleSamples: number;
  /** The usual share of lost tries. */
  readonly usualLoss: number;
}

/** Before any measurement, and after one that showed the earlier ones to be worthless. */
export const NOTHING_KNOWN = { floor: 0, isFloorSure: false, ceiling: undefined, holdMs: FIRST_HOLD_MS } as const;

export function initialState(start: number, max: number): State {
  return {
    phase: "warm-up",
    best: undefined,
    at: Math.min(start, max),
    max,
    initialMax: max,
    fastest: 0,
    ...NOTHING_KNOWN,
    avoidMs: 0,
    isUpNext: true,
    idleSamples: 0,
    usualLoss: 0,
  };
}
