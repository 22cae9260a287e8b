// Lists the addresses of this machine's interfaces, which --public-only refuses even if they are public.

import { networkInterfaces } from "node:os";
import { embeddedBytesOf } from "./addresses.ts";

/** Time after which the interfaces are read again, in milliseconds. They seldom change. */
export const RECHECK_MS = 5000;

/** Returns all addresses of this machine's interfaces; undefined if they cannot be listed. */
export function interfaceAddresses(): readonly string[] | undefined {
  try {
    return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  } catch {
    return undefined;
  }
}

/** Returns a function that tests whether an address is this machine's own, also as an IPv4 address embedded in IPv6. */
export function ownAddresses(list = interfaceAddresses, nowMs = () => performance.now()): (address: string) => boolean {
  let own: ReadonlySet<string> | undefined;
  let atMs = 0;
  return (address) => {
    if (own === undefined || nowMs() - atMs >= RECHECK_MS) {
      own = new Set((list() ?? []).map(key));
      atMs = nowMs();
    }
    return own.has(key(address));
  };
}

function key(address: string): string {
  return embeddedBytesOf(address).join(".");
}
