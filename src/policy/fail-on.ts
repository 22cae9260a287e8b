// Decides whether a finished run has failed: --fail-on any, never, a number or a percentage of URLs.

/** Tolerance for rounding: 11 of 1000 are 1.1 %, but 1.1 * 1000 is a little more than 1100. */
const ROUNDING_TOLERANCE = 1 + 1e-12;

/** Whether a run has failed, by its counts. */
export type FailOn = (failed: number, finished: number) => boolean;

/**
 * Parses `any`, `never`, `<n>` or `<n>%`: at least n failures, or at least n % of the finished URLs. `any` is `1`. Returns
 * undefined for any other text, and for 0, which could mean `any` or `never`.
 */
export function parseFailOn(text: string): FailOn | undefined {
  if (text === "never") return () => false;
  if (text === "any") return (failed) => failed >= 1;
  const number = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const limit = Number(number?.[1]);
  if (number === null || limit === 0) return undefined;
  if (number[2] !== "%") return Number.isInteger(limit) ? (failed) => failed >= limit : undefined;
  return limit > 100
    ? undefined
    : (failed, finished) => failed >= 1 && failed * 100 * ROUNDING_TOLERANCE >= limit * finished;
}
