// The addresses of this machine's own interfaces: however public, under --public-only they are inside.

import { networkInterfaces } from "node:os";
import { plainBytesOf } from "./addresses.ts";

/** After this time, in milliseconds, interfaces are read again: they seldom change. */
export const RECHECK_MS = 5000;

/** All addresses of this machine's interfaces; undefined where they cannot be listed. */
export function interfaceAddresses(): readonly string[] | undefined {
  try {
    return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  } catch {
    return undefined;
  }
}

/** Returns whether an address is this machine's own, also where an IPv6 one stands for an IPv4 one. */
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
  return plainBytesOf(address).join(".");
}
