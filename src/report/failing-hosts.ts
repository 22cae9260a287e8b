// The hosts with the most failures of a run, with their reasons, in bounded memory.

import type { Failed, Outcome } from "../core/job.ts";
import type { Reporter } from "../core/ports.ts";
import { heavyHitters } from "../core/structures/heavy-hitters.ts";
import { hostKey } from "../core/url/host-key.ts";
import { toUrl } from "../core/url/to-url.ts";
import { shortWords } from "./failure-words.ts";

/** Number of hosts that are counted: many more than are shown, and some 200 kB. */
const COUNTED_HOSTS = 1000;

/** Maximum number of different reasons of a host; others are counted together. */
const MAX_REASONS = 8;

/** What failed on a host. */
export interface FailingHost {
  /** As of `hostKey`. */
  readonly host: string;
  /** Number of failures. */
  readonly failed: number;
  /** How many more there may be: 0 if the number is exact. */
  readonly missed: number;
  /** Number of failures by reason, such as "403", the most frequent first. */
  readonly reasons: readonly (readonly [reason: string, failed: number])[];
}

export interface FailingHosts extends Reporter {
  /** Returns the hosts with the most failures, and the number of others. Not `isComplete`: there are more than are counted. */
  top(most: number): { readonly hosts: readonly FailingHost[]; readonly others: number; readonly isComplete: boolean };
}

/** A reporter that counts failures by host; it costs nothing for other outcomes. */
export function failingHosts(): FailingHosts {
  const reasons: Map<string, number>[] = [];
  const counted = heavyHitters(COUNTED_HOSTS, (counter) => reasons[counter]?.clear());

  return {
    outcome(outcome: Outcome) {
      if (outcome.outcome === "failed" && outcome.error !== "interrupted") add(outcome);
    },
    top(most) {
      const hosts = counted.largest(most).map((counter) => ({
        host: counted.keyOf(counter),
        failed: counted.countOf(counter) - counted.errorOf(counter),
        missed: counted.errorOf(counter),
        reasons: [...(reasons[counter] ?? [])].sort(([, a], [, b]) => b - a),
      }));
      return { hosts, others: counted.size - hosts.length, isComplete: counted.maxUncounted() === 0 };
    },
  };

  function add({ url, error, status }: Failed): void {
    const host = hostOf(url);
    if (host === undefined) return;
    const counter = counted.add(host);
    const of = reasons[counter] ?? new Map<string, number>();
    reasons[counter] = of;
    const reason = shortWords(error, status);
    const key = of.has(reason) || of.size < MAX_REASONS ? reason : "others";
    of.set(key, (of.get(key) ?? 0) + 1);
  }
}

/** Returns the host of a URL, as of `hostKey`; undefined for text that is no URL. */
export function hostOf(url: string): string | undefined {
  const target = toUrl(url);
  // A copy: V8 keeps the whole URL alive for a slice of it (V8 issue 2869).
  return target && Buffer.from(hostKey(target), "utf8").toString("utf8");
}
