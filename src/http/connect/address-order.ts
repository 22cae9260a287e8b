// In which order a name's addresses are tried: that of getaddrinfo (RFC 6724), as far as this machine's interfaces decide it.

import { isIP } from "node:net";
import { bytesOf } from "./addresses.ts";
import { interfaceAddresses, RECHECK_MS } from "./own-addresses.ts";

/** What this machine can reach, by the addresses of its interfaces. */
export interface Reach {
  /** An IPv4 address that is not loopback. */
  readonly ipv4: boolean;
  /** A global IPv6 address; one that is only unique-local (RFC 4193). */
  readonly ipv6: "global" | "unique-local" | "none";
}

/** Of both families: where the interfaces cannot be listed, both count as reachable. */
const UNKNOWN = ["192.0.2.1", "2001:db8::1"] as const;

/** Returns what this machine can reach now. */
export function reachNow(nowMs = () => performance.now()): () => Reach {
  let reach: Reach | undefined;
  let atMs = 0;
  return () => {
    if (reach === undefined || nowMs() - atMs >= RECHECK_MS) {
      reach = reachOf(interfaceAddresses() ?? UNKNOWN);
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

/** Sorts addresses for connecting: RFC 6724 section 6, rules 1, 5, 6 and 10. Those of one rank stay in the order of the answer. */
export function inOrder(addresses: readonly string[], reach: Reach, prefersIPv4: boolean): readonly string[] {
  if (addresses.length < 2) return addresses;
  const ranked = addresses.map((address) => ({ address, rank: rank(address, reach, prefersIPv4) }));
  return ranked.sort((one, other) => other.rank - one.rank).map(({ address }) => address);
}

/** Precedence of RFC 6724 section 2.1; less where the label of our own address is another one, least where there is none. */
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
  if (first === 0x20 && second === 0x02) return usable + 30; // 6to4: never our own label
  if (first === 0x20 && second === 0x01 && third === 0 && fourth === 0) return usable + 5; // Teredo
  return usable + sameLabel + 40;
}
