// The table of hosts, looked up by key, or by the prefix of a URL without parsing it.

import { type Host, hostLimits, hostNamed, originOf, siblingKey, withoutHttpsPort } from "./host.ts";
import type { RateLimiter } from "./task.ts";

export interface HostRegistry {
  /** The host of jobs whose URL has none: they start without limits, and fail. */
  readonly nowhere: Host;
  get(key: string): Host | undefined;
  /** Returns the host with this key, created if it is not known. */
  named(key: string): Host;
  /** Returns the host of a URL. */
  of(url: string): Host;
  forget(host: Host): void;
}

export function hostRegistry(perHost: number, paceOf?: (name: string) => RateLimiter | undefined): HostRegistry {
  const nowhere = hostNamed("", hostLimits(Number.POSITIVE_INFINITY, undefined));
  const hosts = new Map<string, Host>([["", nowhere]]);
  let hasForgotten = false;
  let last: { readonly prefix: string; readonly host: Host } | undefined;

  function named(key: string): Host {
    const known = hosts.get(key);
    if (known !== undefined) return known;
    const shared = hosts.get(siblingKey(key))?.limits;
    const limits = shared ?? hostLimits(perHost, paceOf?.(withoutHttpsPort(key)));
    const host = hostNamed(key, limits, hasForgotten ? Number.NaN : 0);
    hosts.set(host.host, host);
    return host;
  }

  return {
    nowhere,
    get: (key) => hosts.get(key),
    named,
    of(url) {
      if (last !== undefined && url.startsWith(last.prefix)) return last.host;
      const { name, prefix } = originOf(url);
      const host = named(name);
      if (prefix !== undefined && host !== nowhere) last = { prefix, host };
      return host;
    },
    forget(host) {
      hosts.delete(host.host);
      hasForgotten ||= host.lines !== 0;
      host.limits.members.splice(host.limits.members.indexOf(host), 1);
      if (last?.host === host) last = undefined;
    },
  };
}
