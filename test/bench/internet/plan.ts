// The plan of a run: every name and URL with its fate, determined by the distribution and the seed.

import { random } from "../../support/rude/content.ts";
import {
  ANSWERS,
  type AnswerKind,
  type Distribution,
  NAME_FAULTS,
  type NameFault,
  type Range,
} from "./distribution.ts";

export interface Site {
  readonly name: string;
  /** Its own loopback address. */
  readonly address: string;
  readonly https: boolean;
  readonly fault: NameFault | undefined;
  /** The kind of its bad certificate, if that is its fault. */
  readonly badCertificate: BadCertificate | undefined;
  readonly roundTripMs: number;
  readonly lookUpMs: number;
}

export const BAD_CERTIFICATES = ["expired", "another name's", "of an unknown issuer"] as const;
export type BadCertificate = (typeof BAD_CERTIFICATES)[number];

export const REDIRECTS = ["to https", "to www.", "relative"] as const;

export interface Page {
  /** The line number in the list, from 1. */
  readonly n: number;
  /** The URL in the list. */
  readonly url: string;
  readonly site: Site;
  readonly answer: AnswerKind | "whole";
  /** The kind of redirect, if the response is one. */
  readonly redirect: (typeof REDIRECTS)[number] | undefined;
  /** 404 or 410, if the page is gone. */
  readonly status: number;
  readonly bytes: number;
  readonly answerMs: number;
  /** Whether a program with retries can save it. */
  readonly saveable: boolean;
}

export interface Plan {
  readonly sites: readonly Site[];
  readonly pages: readonly Page[];
}

/** Number of names with a common domain and certificate. */
const SITES_A_DOMAIN = 20;
/** Zipf exponent: the nth most common name has n^-SKEW of the URLs of the first. */
const SKEW = 0.8;
const MIN_BYTES = 64;

/** Kinds of responses that no retry can save. */
const NEVER: ReadonlySet<string> = new Set<AnswerKind>(["gone", "forbidden", "cut", "stall", "silent", "drip"]);

type Chance = () => number;

export function makePlan(distribution: Distribution, seed: number): Plan {
  const next = random(seed);
  const chance = () => next() / 2 ** 32;
  const faults = shuffled(dealt(distribution.names, NAME_FAULTS, distribution["names that"]), chance);
  const sites = faults.map((fault, i) => siteOf(i, fault, distribution, chance));
  const placed = shuffled(spread(distribution.urls, sites, chance), chance);
  const good = placed.filter(({ fault }) => fault === undefined).length;
  const answers = shuffled(dealt(good, ANSWERS, distribution.answers), chance);
  const pages = placed.map((site, i) => {
    const answer = site.fault === undefined ? answers.pop() : undefined;
    return pageOf(i + 1, site, answer ?? "whole", distribution, chance);
  });
  return { sites, pages };
}

function siteOf(i: number, fault: NameFault | undefined, distribution: Distribution, chance: Chance): Site {
  const isBad = fault === "have bad certificates";
  return {
    name: `site${i}.domain${Math.floor(i / SITES_A_DOMAIN)}.test`,
    address: `127.${1 + Math.floor(i / 62_500)}.${Math.floor(i / 250) % 250}.${1 + (i % 250)}`,
    https: isBad || chance() < distribution.https,
    fault,
    badCertificate: isBad ? oneOf(BAD_CERTIFICATES, chance) : undefined,
    roundTripMs: Math.round(within(distribution.roundTripMs, chance)),
    lookUpMs: Math.round(within(distribution.lookUpMs, chance)),
  };
}

function pageOf(
  n: number,
  site: Site,
  answer: Page["answer"],
  { bytes, answerMs }: Distribution,
  chance: Chance,
): Page {
  const redirect = answer === "redirect" ? oneOf(REDIRECTS, chance) : undefined;
  const scheme = site.https && redirect !== "to https" ? "https" : "http";
  return {
    n,
    url: `${scheme}://${site.name}/files/${n}`,
    site,
    answer,
    redirect,
    status: chance() < 0.8 ? 404 : 410,
    bytes: Math.round(Math.min(bytes.max, Math.max(MIN_BYTES, bytes.median * Math.exp(bytes.sigma * normal(chance))))),
    answerMs: Math.round(within(answerMs, chance)),
    saveable: site.fault === undefined && !NEVER.has(answer),
  };
}

/** Assigns kinds to `count` entries by their rounded shares; undefined for the rest. */
function dealt<Kind extends string>(
  count: number,
  kinds: readonly Kind[],
  shares: Readonly<Record<Kind, number>>,
): (Kind | undefined)[] {
  const all: (Kind | undefined)[] = kinds.flatMap((kind) => Array<Kind>(Math.round(shares[kind] * count)).fill(kind));
  while (all.length < count) all.push(undefined);
  return all.slice(0, count);
}

/** Assigns a site to each URL: every site at least once if possible, and common sites more often. */
function spread(urls: number, sites: readonly Site[], chance: Chance): Site[] {
  const sums: number[] = [];
  for (const [i] of sites.entries()) sums.push((sums[i - 1] ?? 0) + (i + 1) ** -SKEW);
  const all = sums.at(-1) ?? 0;
  return Array.from({ length: urls }, (_, i) => {
    const at = chance() * all;
    const site = sites[i] ?? sites[sums.findIndex((sum) => sum >= at)];
    if (site === undefined) throw new Error("a plan needs a name at least");
    return site;
  });
}

function shuffled<Item>(items: readonly Item[], chance: Chance): Item[] {
  return items
    .map((item) => ({ item, key: chance() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function oneOf<Item>(items: readonly [Item, ...Item[]], chance: Chance): Item {
  return items[Math.floor(chance() * items.length)] ?? items[0];
}

function within({ least, most }: Range, chance: Chance): number {
  return least * (most / least) ** chance();
}

/** A normally distributed number with mean 0 and standard deviation 1 (Box and Muller, 1958). */
function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}
