// When a finished run counts as failed: --fail-on any, never, a number of URLs or a share of them.

/** 11 of 1000 are 1.1 %, though 1.1 * 1000 is a little more than 1100. */
const NEARLY = 1 + 1e-12;

/** Decides by the counts of a finished run. */
export type FailOn = (failed: number, finished: number) => boolean;

/**
 * Reads `any`, `never`, `<n>` or `<n>%`: n failures or more, or n % of the finished or more. `any` is `1`; there is no 0, which
 * could mean either `any` or `never`. undefined: it is none of these.
 */
export function parseFailOn(text: string): FailOn | undefined {
  if (text === "never") return () => false;
  if (text === "any") return (failed) => failed >= 1;
  const number = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const limit = Number(number?.[1]);
  if (number === null || limit === 0) return undefined;
  if (number[2] !== "%") return Number.isInteger(limit) ? (failed) => failed >= limit : undefined;
  return limit > 100 ? undefined : (failed, finished) => failed >= 1 && failed * 100 * NEARLY >= limit * finished;
}
