// Resolves names as the system does, without its limit of concurrency: by c-ares, or getaddrinfo where c-ares cannot.

import { hostname } from "node:os";
import { currentReach, sortAddresses } from "./address-order.ts";
import { dnsClient, NO_ADDRESS_CODES } from "./dns-client.ts";
import { getaddrinfo, type Lookup } from "./getaddrinfo.ts";
import { SYSTEM_FILES, systemNames } from "./system-names.ts";

export interface SystemLookup {
  readonly lookup: Lookup;
  /** Cancels all pending queries: no callback is called afterwards. */
  close(): void;
}

/** Returns a look-up that follows this machine's settings: on Linux by its files and c-ares, elsewhere by getaddrinfo. */
export function systemLookup(): SystemLookup {
  const bySystem = getaddrinfo();
  if (process.platform !== "linux") return { lookup: bySystem, close() {} };
  const settings = systemNames(SYSTEM_FILES);
  const reach = currentReach();
  const client = dnsClient();
  return {
    lookup(name, queued, done) {
      const names = settings();
      const { otherSources } = names;
      if (otherSources === undefined) return bySystem(name, queued, done);
      const deliver = (addresses: readonly string[]) => {
        const ordered = sortAddresses(addresses, reach(), names.prefersIPv4);
        done(
          null,
          ordered.map((address) => ({ address })),
        );
      };
      const local = names.hosts(name);
      if (local !== undefined) return process.nextTick(deliver, local);
      const host = name.toLowerCase().replace(/\.$/, "");
      if (isOfOtherSource(host, otherSources)) return bySystem(name, queued, done);
      client.find(name, names, reach(), (error, addresses) => {
        if (error === null) return deliver(addresses);
        if (NO_ADDRESS_CODES.has(error.code ?? "") && mayBeOfOtherSource(host, otherSources))
          return bySystem(name, queued, done);
        done(error, []);
      });
    },
    close: () => client.close(),
  };
}

/** Returns whether this machine resolves all names by getaddrinfo, which needs threads. */
export function needsThreads(): boolean {
  return process.platform !== "linux" || systemNames(SYSTEM_FILES)().otherSources === undefined;
}

/** Names that other sources take precedence for: this machine's own name, and `.local` with multicast DNS (RFC 6762). */
function isOfOtherSource(host: string, sources: readonly string[]): boolean {
  if (host.endsWith(".local")) return sources.some((source) => /^mdns|^resolve$/.test(source));
  return sources.length > 0 && host === hostname().toLowerCase();
}

/** Names of one label, which other sources may have: machines, containers, gateways. */
function mayBeOfOtherSource(host: string, sources: readonly string[]): boolean {
  return sources.length > 0 && !host.includes(".");
}
