// The interface of the rules of robots.txt files, and of what is skipped because of them.

import type { Failure } from "../failure.ts";

/** Why a URL is not fetched, or its body not stored: robots.txt or X-Robots-Tag. */
export interface Skip {
  /** "robots", or a directive of X-Robots-Tag. */
  readonly reason: string;
  /** The rule, for a person; one line. */
  readonly detail: string;
}

/** The rules of robots.txt files (RFC 9309). */
export interface RobotsPolicy {
  /** Returns undefined if a URL may be fetched, why not, or "unknown" if robots.txt has to be fetched first. */
  check(target: URL): Skip | Failure | "unknown" | undefined;
  /**
   * Fetches robots.txt, once for all callers, and checks the URL. Returns a Failure if robots.txt cannot be fetched, for now or
   * in this run, or takes longer than the URL's remaining time. `spentMs`: time that the URL took so far.
   */
  fetchAndCheck(target: URL, via: "list" | "redirect", spentMs?: number): Promise<Skip | Failure | undefined>;
  /** Returns the Crawl-delay of a host (`URL.host`) in milliseconds, 0 for none; undefined if its rules are not known. */
  delayMs(host: string): number | undefined;
}
