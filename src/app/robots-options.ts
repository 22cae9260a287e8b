// What servers may ask of us, where the user wants it heeded: robots.txt, and X-Robots-Tag.

import { OptionError } from "../core/errors.ts";
import type { Get, RobotsPolicy } from "../core/ports.ts";
import type { GetOptions } from "../http/options.ts";
import { robots } from "../http/robots/robots.ts";
import { DIRECTIVES, type Directive } from "../http/robots/robots-tag.ts";

export interface RobotsOptions {
  /**
   * Ask each origin's robots.txt first (RFC 9309), by the first word of `userAgent`; what it disallows is `skipped`, and its
   * Crawl-delay is kept to, up to a minute. Default false.
   */
  readonly robots?: boolean | undefined;
  /** Directives of X-Robots-Tag by which an answer is not stored but `skipped`, such as "noai". Default: none. */
  readonly respect?: readonly Directive[] | undefined;
}

/** With the longest time that one URL may take. */
interface Limited extends RobotsOptions {
  readonly maxTimeMs?: number | undefined;
}

interface Manners {
  /** What the Get socket has to know. */
  readonly options: Pick<GetOptions, "respect" | "leave">;
  readonly permits?: RobotsPolicy;
}

/** `get` is asked for later, when there is one. Throws an OptionError for what is no directive. */
export function robotsOf(options: Limited, userAgent: string, get: () => Get): Manners {
  const agent = productToken(userAgent);
  const unknown = options.respect?.find((one) => !DIRECTIVES.includes(one));
  if (unknown !== undefined) {
    const why = `nothing that X-Robots-Tag can ask for: "${unknown}" (${DIRECTIVES.join(", ")})`;
    throw new OptionError(why, "respect");
  }
  const directives = new Set<string>(options.respect);
  const respect = directives.size === 0 ? {} : { respect: { directives, agent } };
  if (options.robots !== true) return { options: respect };
  const { maxTimeMs = Number.POSITIVE_INFINITY } = options;
  const permits = robots({ fetch: (target, ask) => get().fetch(target, ask), agent, maxTimeMs });
  return { options: { ...respect, leave: (target, spentMs) => leave(permits, target, spentMs) }, permits };
}

/** Whether a redirect may be followed. A Retry-After of another host's holds nothing up here. */
async function leave(permits: RobotsPolicy, target: URL, spentMs: number): ReturnType<RobotsPolicy["ask"]> {
  const known = permits.check(target);
  const permit = known === "unknown" ? await permits.ask(target, "away", spentMs) : known;
  if (permit === undefined || !("retryAfterMs" in permit)) return permit;
  const { retryAfterMs: _, ...failure } = permit;
  return failure;
}

/** "bulkget" of "bulkget/1.0 (+https://…)": by which robots.txt and X-Robots-Tag call us (RFC 9309 section 2.2.1). */
function productToken(userAgent: string): string {
  return /^[\w*.+-]+/.exec(userAgent.trim())?.[0].toLowerCase() ?? "bulkget";
}
