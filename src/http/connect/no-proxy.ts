// no_proxy: which hosts are reached without the proxy.

import { BlockList, isIP } from "node:net";

/**
 * Matches URLs by `no_proxy`: `*`, names with everything below them (`a.org`, `.a.org`, `*.a.org`), addresses, and CIDR blocks
 * (curl 7.86); each may end in a port, which then must be the URL's. IPv6 addresses may have brackets, and with a port must.
 */
export function noProxy(list: string): (target: URL) => boolean {
  const matchers = list
    .split(/[\s,]+/)
    .map(matcher)
    .filter((one) => one !== undefined);
  return (target) => {
    const host = bare(target.hostname).toLowerCase().replace(/\.$/, "");
    const port = target.port === "" ? (target.protocol === "https:" ? 443 : 80) : Number(target.port);
    return matchers.some((matches) => matches(host, port));
  };
}

type Matcher = (host: string, port: number) => boolean;

function matcher(entry: string): Matcher | undefined {
  if (entry === "") return undefined;
  // What has several colons and no brackets is an IPv6 address, and has no port.
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

/** An IPv6 host without its brackets. */
export function bare(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}
