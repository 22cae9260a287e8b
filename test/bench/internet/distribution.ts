// Reads and checks distribution.json: the shares of names, responses, sizes and delays of the internet benchmark.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/command.ts";

export const DISTRIBUTION = join(ROOT, "test/bench/internet/distribution.json");

/** Faults of whole names; all other names are good. */
export const NAME_FAULTS = [
  "do not exist",
  "are never answered",
  "are SERVFAIL",
  "refuse connections",
  "are black holes",
  "have bad certificates",
] as const;

/** Kinds of responses on good names; other URLs get 200 with their body at once. A silent one gets no headers. */
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

/** Bounds of a log-uniform distribution. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface Limits {
  readonly concurrency: number;
  /** Number of tries after the first one. */
  readonly retries: number;
  readonly connectTimeoutS: number;
  /** Limit for the headers, and between two parts of a body. */
  readonly silenceS: number;
  /** Limit per URL. */
  readonly maxTimeS: number;
  /** The timeout in resolv.conf(5), with two attempts; shortened like the other limits. */
  readonly resolverTimeoutS: number;
}

export interface Distribution {
  readonly urls: number;
  readonly names: number;
  /** The share of names whose URLs are https. */
  readonly https: number;
  /** Sizes of bodies: a log-normal distribution. */
  readonly bytes: { readonly median: number; readonly sigma: number; readonly max: number };
  /** Round-trip time of a name. */
  readonly roundTripMs: Range;
  /** Time of the server per URL until it starts to answer. */
  readonly answerMs: Range;
  /** Time of a look-up. */
  readonly lookUpMs: Range;
  /** Shares of all names. */
  readonly "names that": Readonly<Record<NameFault, number>>;
  /** Shares of the URLs on good names. */
  readonly answers: Readonly<Record<AnswerKind, number>>;
  readonly limits: Limits;
}

/** Reads a distribution. Throws for shares above 1 in total. `urls` scales the numbers of URLs and names. */
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
