// Sorts the addresses of a name as getaddrinfo does (RFC 6724), by the addresses of this machine's interfaces.

import { isIP } from "node:net";
import { bytesOf } from "./addresses.ts";
import { interfaceAddresses, RECHECK_MS } from "./own-addresses.ts";

/** Which address families this machine can reach, by the addresses of its interfaces. */
export interface Reach {
  /** Whether an interface has an IPv4 address that is not loopback. */
  readonly ipv4: boolean;
  /** The best scope among the IPv6 addresses; unique-local: RFC 4193. */
  readonly ipv6: "global" | "unique-local" | "none";
}

/** One global address of each family: both count as reachable where the interfaces cannot be listed. */
const ASSUMED_ADDRESSES = ["192.0.2.1", "2001:db8::1"] as const;

/** Returns a function that returns the current reach, and reads the interfaces every `RECHECK_MS`. */
export function currentReach(nowMs = () => performance.now()): () => Reach {
  let reach: Reach | undefined;
  let atMs = 0;
  return () => {
    if (reach === undefined || nowMs() - atMs >= RECHECK_MS) {
      reach = reachOf(interfaceAddresses() ?? ASSUMED_ADDRESSES);
      atMs = nowMs();
    }
    return reach;
  };
}

export function reachOf(addresses: readonly string[]): Reach {
  const six = addresses.filter((address) => isIP(address) === 6 && !/^(::1$|fe[89ab])/i.test(address));
  const isGlobal = six.some((address) => !/^f[cd]/i.test(address));
  return {
    ipv4: addresses.some((address) => isIP(address) === 4 && !address.startsWith("127.")),
    ipv6: isGlobal ? "global" : six.length > 0 ? "unique-local" : "none",
  };
}

/** Sorts addresses by RFC 6724 section 6, rules 1, 5, 6 and 10. Addresses of equal rank keep the order of the DNS answer. */
export function sortAddresses(addresses: readonly string[], reach: Reach, prefersIPv4: boolean): readonly string[] {
  if (addresses.length < 2) return addresses;
  const ranked = addresses.map((address) => ({ address, rank: rank(address, reach, prefersIPv4) }));
  return ranked.sort((one, other) => other.rank - one.rank).map(({ address }) => address);
}

/** The precedence of RFC 6724 section 2.1, lowered if our source address has another label, and lowest if there is none. */
function rank(address: string, { ipv4, ipv6 }: Reach, prefersIPv4: boolean): number {
  if (isIP(address) === 4) {
    const usable = ipv4 || address.startsWith("127.");
    return (usable ? 1000 : 0) + (prefersIPv4 ? 100 : 35) + 500;
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = bytesOf(address);
  if (/^::1$/.test(address)) return 1000 + 500 + 50;
  const usable = ipv6 !== "none" ? 1000 : 0;
  if ((first & 0xfe) === 0xfc) return usable + 500 + 3;
  const sameLabel = ipv6 === "global" ? 500 : 0;
  if (first === 0x20 && second === 0x02) return usable + 30; // 6to4: its label never equals ours
  if (first === 0x20 && second === 0x01 && third === 0 && fourth === 0) return usable + 5; // Teredo
  return usable + sameLabel + 40;
}
