// Parses no_proxy: the hosts that are reached without the proxy.

import { BlockList, isIP } from "node:net";

/**
 * Returns a function that matches URLs by `no_proxy`: `*`, names with their subdomains (`a.org`, `.a.org`, `*.a.org`),
 * addresses, and CIDR blocks (as curl 7.86). An entry with a port matches that port only; an IPv6 address then has brackets.
 */
export function noProxy(list: string): (target: URL) => boolean {
  const matchers = list
    .split(/[\s,]+/)
    .map(matcher)
    .filter((one) => one !== undefined);
  return (target) => {
    const host = withoutBrackets(target.hostname).toLowerCase().replace(/\.$/, "");
    const port = target.port === "" ? (target.protocol === "https:" ? 443 : 80) : Number(target.port);
    return matchers.some((matches) => matches(host, port));
  };
}

type Matcher = (host: string, port: number) => boolean;

function matcher(entry: string): Matcher | undefined {
  if (entry === "") return undefined;
  // Several colons without brackets are an IPv6 address without a port.
  const [, written = entry, digits] = /^(\[[^\]]*\](?:\/\d+)?|[^:]*):(\d+)$/.exec(entry) ?? [];
  const matches = hostMatcher(written.replace(/^\[([^\]]*)\]/, "$1").toLowerCase());
  if (digits === undefined) return matches;
  return (host, port) => port === Number(digits) && matches(host, port);
}

function hostMatcher(text: string): Matcher {
  if (text === "*") return () => true;
  const [address = "", bits] = text.split("/");
  const family = isIP(address);
  if (family === 0) {
    const name = text.replace(/^\*?\./, "").replace(/\.$/, "");
    return (host) => name !== "" && isIP(host) === 0 && (host === name || host.endsWith(`.${name}`));
  }
  const blocks = new BlockList();
  const type = family === 6 ? "ipv6" : "ipv4";
  if (bits === undefined) blocks.addAddress(address, type);
  else if (/^\d+$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
    blocks.addSubnet(address, Number(bits), type);
  return (host) => {
    const hostFamily = isIP(host);
    return hostFamily !== 0 && blocks.check(host, hostFamily === 6 ? "ipv6" : "ipv4");
  };
}

/** Returns a host name, an IPv6 address without its brackets. */
export function withoutBrackets(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}
