// Classifies IP addresses as public or not; --public-only connects only to public addresses.

import { createRequire } from "node:module";
import { isIP } from "node:net";
import type IpAddr from "ipaddr.js";

const require = createRequire(import.meta.url);

/** Addresses that are public by IANA's registries, but internal to a cloud: Azure's platform endpoint for its own machines. */
const CLOUD_INTERNAL_ADDRESSES = new Set(["168.63.129.16"]);

/**
 * Returns whether an address is global unicast by IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890). An
 * IPv6 address that embeds an IPv4 one (mapped, RFC 4291 section 2.5.5.2; NAT64, RFC 6052) is judged by the embedded address.
 * Not public: obsolete embeddings (compatible, 6to4, Teredo), local NAT64 (RFC 8215), and addresses with a zone.
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  const one = parse(address);
  if ("octets" in one) return isPublicIPv4(one);
  if (hasIPv4(one)) return isPublic(one.toByteArray().slice(12).join("."));
  // RFC 4291 section 2.4: of the other addresses, IANA assigns only 2000::/3.
  return ((one.parts[0] ?? 0) & 0xe000) === 0x2000 && one.range() === "unicast";
}

/** Returns the 4 or 16 bytes of an address. */
export function bytesOf(address: string): readonly number[] {
  return parse(address).toByteArray();
}

/** Returns the bytes of an address, or the 4 bytes of the IPv4 address that an IPv6 address embeds (mapped, NAT64). */
export function embeddedBytesOf(address: string): readonly number[] {
  const one = parse(address);
  const bytes = one.toByteArray();
  return "parts" in one && hasIPv4(one) ? bytes.slice(12) : bytes;
}

function parse(address: string): IpAddr.IPv4 | IpAddr.IPv6 {
  const [plain = ""] = address.split("%");
  // ipaddr.js 2.5 parses ::1.2.3.4 as ::ffff:1.2.3.4. The URL parser rewrites it without dots.
  const isMixed = plain.includes(":") && plain.includes(".");
  const text = isMixed ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : plain;
  return (require("ipaddr.js") as typeof IpAddr).parse(text); // loaded on first use: few runs need it
}

function isPublicIPv4(one: IpAddr.IPv4): boolean {
  return one.range() === "unicast" && !CLOUD_INTERNAL_ADDRESSES.has(one.toString());
}

function hasIPv4(one: IpAddr.IPv6): boolean {
  return one.range() === "ipv4Mapped" || isNat64(one);
}

/** Whether an address is in 64:ff9b::/96, into which NAT64 maps IPv4 addresses. */
function isNat64({ parts }: IpAddr.IPv6): boolean {
  return [0x64, 0xff9b, 0, 0, 0, 0].every((part, i) => parts[i] === part);
}
