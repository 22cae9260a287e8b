// What the internet of the bench is made of: the numbers of distribution.json, which can be changed, read and checked.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/command.ts";

export const DISTRIBUTION = join(ROOT, "test/bench/internet/distribution.json");

/** What is wrong with a whole name; all others are good. */
export const NAME_FAULTS = [
  "do not exist",
  "are never answered",
  "are SERVFAIL",
  "refuse connections",
  "are black holes",
  "have bad certificates",
] as const;

/** What comes of a URL on a good name; all others are answered with 200 and their body at once. Silent is without headers. */
export const ANSWERS = [
  "gone",
  "forbidden",
  "too many requests at first",
  "unavailable at first",
  "redirect",
  "cut at first",
  "cut",
  "stall at first",
  "stall",
  "silent at first",
  "silent",
  "drip",
] as const;

export type NameFault = (typeof NAME_FAULTS)[number];
export type AnswerKind = (typeof ANSWERS)[number];

/** Spread evenly over the logarithm between the two. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface Limits {
  readonly concurrency: number;
  /** Tries after the first one. */
  readonly retries: number;
  readonly connectTimeoutS: number;
  /** To the headers, and then between two pieces of a body. */
  readonly silenceS: number;
  /** For one URL. */
  readonly maxTimeS: number;
  /** resolv.conf(5), timeout, with two attempts: as much shorter as the other limits are. */
  readonly resolverTimeoutS: number;
}

export interface Distribution {
  readonly urls: number;
  readonly names: number;
  /** The share of names whose URLs are https. */
  readonly https: number;
  /** Log-normal. */
  readonly bytes: { readonly median: number; readonly sigma: number; readonly max: number };
  /** Of a name, both ways together. */
  readonly roundTripMs: Range;
  /** Of a URL: until its server begins to answer. */
  readonly answerMs: Range;
  /** Of a name. */
  readonly lookUpMs: Range;
  /** Shares of all names. */
  readonly "names that": Readonly<Record<NameFault, number>>;
  /** Shares of the URLs on good names. */
  readonly answers: Readonly<Record<AnswerKind, number>>;
  readonly limits: Limits;
}

/** Throws where the file is none, or its shares are more than all. With `urls`, so many, and names in proportion. */
export function readDistribution(file = DISTRIBUTION, urls?: number): Distribution {
  const read = JSON.parse(readFileSync(file, "utf8")) as Distribution;
  for (const [what, kinds] of [
    ["names that", NAME_FAULTS],
    ["answers", ANSWERS],
  ] as const) {
    const shares: Readonly<Record<string, number>> = read[what];
    const unknown = Object.keys(shares).find((kind) => !kinds.some((known) => known === kind));
    if (unknown !== undefined) throw new Error(`${file}: ${what}: not a kind: "${unknown}" (${kinds.join(", ")})`);
    const sum = kinds.reduce((all, kind) => all + (shares[kind] ?? Number.NaN), 0);
    if (!(sum >= 0 && sum <= 1)) throw new Error(`${file}: ${what}: shares must add up to 1 at most, not ${sum}`);
  }
  if (urls === undefined) return read;
  return { ...read, urls, names: Math.max(1, Math.round((read.names * urls) / read.urls)) };
}
