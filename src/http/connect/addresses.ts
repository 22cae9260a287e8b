// Which addresses belong to the public internet: only those may be connected to under --public-only.

import { createRequire } from "node:module";
import { isIP } from "node:net";
import type IpAddr from "ipaddr.js";

const require = createRequire(import.meta.url);

/** Public by the registries, but the inner side of a cloud: Azure's platform answers there, to its own machines only. */
const INSIDE = new Set(["168.63.129.16"]);

/**
 * Whether anybody on the internet could reach it: global unicast by IANA's IPv4 and IPv6 Special-Purpose Address Registries
 * (RFC 6890). An IPv4 address written as an IPv6 one (mapped, RFC 4291 section 2.5.5.2; NAT64, RFC 6052) is what it stands
 * for; the ways that nobody uses any more (compatible, 6to4, Teredo) and local NAT64 (RFC 8215) are not public at all, nor is
 * what has a zone.
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  const one = parse(address);
  if ("octets" in one) return isPublicIPv4(one);
  if (hasIPv4(one)) return isPublic(one.toByteArray().slice(12).join("."));
  // RFC 4291 section 2.4: of the rest only 2000::/3 is given out.
  return ((one.parts[0] ?? 0) & 0xe000) === 0x2000 && one.range() === "unicast";
}

/** The bytes of an address, 4 or 16. */
export function bytesOf(address: string): readonly number[] {
  return parse(address).toByteArray();
}

/** The same of what an address stands for: 4 where an IPv6 one has an IPv4 one in it (mapped, NAT64). */
export function plainBytesOf(address: string): readonly number[] {
  const one = parse(address);
  const bytes = one.toByteArray();
  return "parts" in one && hasIPv4(one) ? bytes.slice(12) : bytes;
}

function parse(address: string): IpAddr.IPv4 | IpAddr.IPv6 {
  const [plain = ""] = address.split("%");
  // ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4; a URL has no dots in an IPv6 address.
  const isMixed = plain.includes(":") && plain.includes(".");
  const text = isMixed ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : plain;
  return (require("ipaddr.js") as typeof IpAddr).parse(text); // read when it is first needed: few runs do
}

function isPublicIPv4(one: IpAddr.IPv4): boolean {
  return one.range() === "unicast" && !INSIDE.has(one.toString());
}

function hasIPv4(one: IpAddr.IPv6): boolean {
  return one.range() === "ipv4Mapped" || isTranslated(one);
}

/** 64:ff9b::/96: what a network without IPv4 makes of every name that has only that. */
function isTranslated({ parts }: IpAddr.IPv6): boolean {
  return [0x64, 0xff9b, 0, 0, 0, 0].every((part, i) => parts[i] === part);
}
