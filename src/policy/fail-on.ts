// When a finished run counts as failed: --fail-on any, never, a number of URLs or a share of them.

/** Decides by the counts of a finished run. */
export type FailOn = (failed: number, finished: number) => boolean;

/** Reads `any`, `never`, `<n>` (n failures or more) or `<n>%` (more than that share). undefined: it is none of these. */
export function parseFailOn(text: string): FailOn | undefined {
  if (text === "never") return () => false;
  if (text === "any") return (failed) => failed > 0;
  const number = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (number === null) return undefined;
  const limit = Number(number[1]);
  if (number[2] === "%") return limit > 100 ? undefined : (failed, finished) => failed * 100 > limit * finished;
  return Number.isInteger(limit) && limit > 0 ? (failed) => failed >= limit : undefined;
}
