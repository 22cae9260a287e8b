// Looks names up as the system does, but as many at a time as are asked for: by c-ares, and by getaddrinfo where only that knows how.

import { hostname } from "node:os";
import { inOrder, reachNow } from "./address-order.ts";
import { ABSENT, dnsClient } from "./dns-client.ts";
import { getaddrinfo, type Lookup } from "./getaddrinfo.ts";
import { SYSTEM_FILES, systemNames } from "./system-names.ts";

export interface SystemLookup {
  readonly lookup: Lookup;
  /** Gives up all queries that are under way: nothing more is called back. */
  close(): void;
}

/** Looks names up in the way of this machine. Linux only follows its files; elsewhere the system itself is asked. */
export function systemLookup(): SystemLookup {
  const bySystem = getaddrinfo();
  if (process.platform !== "linux") return { lookup: bySystem, close() {} };
  const settings = systemNames(SYSTEM_FILES);
  const reach = reachNow();
  const client = dnsClient();
  return {
    lookup(name, queued, done) {
      const names = settings();
      const { otherSources } = names;
      if (otherSources === undefined) return bySystem(name, queued, done);
      const deliver = (addresses: readonly string[]) => {
        const ordered = inOrder(addresses, reach(), names.prefersIPv4);
        done(
          null,
          ordered.map((address) => ({ address })),
        );
      };
      const local = names.hosts(name);
      if (local !== undefined) return process.nextTick(deliver, local);
      const host = name.toLowerCase().replace(/\.$/, "");
      if (isElsewhere(host, otherSources)) return bySystem(name, queued, done);
      client.find(name, names, reach(), (error, addresses) => {
        if (error === null) return deliver(addresses);
        if (ABSENT.has(error.code ?? "") && mayBeElsewhere(host, otherSources)) return bySystem(name, queued, done);
        done(error, []);
      });
    },
    close: () => client.close(),
  };
}

/** Whether all names of this machine are looked up by getaddrinfo, which needs threads. */
export function needsThreads(): boolean {
  return process.platform !== "linux" || systemNames(SYSTEM_FILES)().otherSources === undefined;
}

/** Names that other sources know better than DNS: this machine's own, and those of multicast DNS where the machine speaks it (RFC 6762). */
function isElsewhere(host: string, sources: readonly string[]): boolean {
  if (host.endsWith(".local")) return sources.some((source) => /^mdns|^resolve$/.test(source));
  return sources.length > 0 && host === hostname().toLowerCase();
}

/** Names of one label: other machines', containers', gateways'. */
function mayBeElsewhere(host: string, sources: readonly string[]): boolean {
  return sources.length > 0 && !host.includes(".");
}
