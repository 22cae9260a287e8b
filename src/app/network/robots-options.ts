// Options for robots: whether robots.txt and X-Robots-Tag are obeyed.

import { OptionError } from "../../core/errors.ts";
import type { Get } from "../../core/ports.ts";
import type { RobotsPolicy } from "../../core/run/robots-policy.ts";
import type { GetOptions } from "../../http/options.ts";
import { robots } from "../../http/robots/robots.ts";
import { DIRECTIVES, type Directive } from "../../http/robots/robots-tag.ts";

export interface RobotsOptions {
  /**
   * Obey the robots.txt of each origin (RFC 9309), for the first word of `userAgent`: disallowed URLs are `skipped`, and Crawl-delay
   * applies, up to a minute. Default false.
   */
  readonly robots?: boolean | undefined;
  /** Skip responses whose X-Robots-Tag has one of these directives, such as "noai". Default: none. */
  readonly respect?: readonly Directive[] | undefined;
}

interface LimitedRobotsOptions extends RobotsOptions {
  readonly maxTimeMs?: number | undefined;
}

interface Robots {
  /** For the HTTP client. */
  readonly options: Pick<GetOptions, "respect" | "checkRedirect">;
  readonly policy?: RobotsPolicy;
}

/** `get` is called when a robots.txt is fetched. Throws an OptionError for an unknown directive. */
export function robotsOf(options: LimitedRobotsOptions, userAgent: string, get: () => Get): Robots {
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
  const policy = robots({ fetch: (target, ask) => get().fetch(target, ask), agent, maxTimeMs });
  return {
    options: { ...respect, checkRedirect: (target, spentMs) => checkRedirect(policy, target, spentMs) },
    policy,
  };
}

/** Whether a redirect may be followed. The Retry-After of another host does not delay this one, and is dropped. */
async function checkRedirect(
  policy: RobotsPolicy,
  target: URL,
  spentMs: number,
): ReturnType<RobotsPolicy["fetchAndCheck"]> {
  const known = policy.check(target);
  const verdict = known === "unknown" ? await policy.fetchAndCheck(target, "redirect", spentMs) : known;
  if (verdict === undefined || !("retryAfterMs" in verdict)) return verdict;
  const { retryAfterMs: _, ...failure } = verdict;
  return failure;
}

/** "bulkget" of "bulkget/1.0 (+https://…)": the product token in robots.txt and X-Robots-Tag (RFC 9309 section 2.2.1). */
function productToken(userAgent: string): string {
  return /^[\w*.+-]+/.exec(userAgent.trim())?.[0].toLowerCase() ?? "bulkget";
}
