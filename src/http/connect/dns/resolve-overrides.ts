// Parses --resolve: addresses given by the user instead of by DNS, in curl's syntax.

import { isIP } from "node:net";
import { OptionError } from "../../../core/errors.ts";
import { toUrl } from "../../../core/url/to-url.ts";

/** Returns the addresses given for a host and port; undefined if none are. */
export type ResolveOverrides = (host: string, port: number) => readonly string[] | undefined;

/** Lifetime of an entry with a `+`, in milliseconds: that of a DNS answer in our cache. */
const TEMPORARY_ENTRY_MS = 60_000;

interface Override {
  readonly addresses: readonly string[];
  readonly expiresMs: number;
}

/**
 * Parses entries `host:port:address[,address]`. The host `*` is every host without an entry of its own; with a `+` before it an
 * entry expires after a minute; `-host:port` removes an earlier entry. IPv6 addresses may have brackets.
 * Throws an OptionError for an invalid entry.
 */
export function resolveOverrides(
  entries: readonly string[],
  nowMs = () => performance.now(),
): ResolveOverrides | undefined {
  const all = new Map<string, Override>();
  for (const entry of entries) {
    const [, sign = "", host = "", digits = "", list] =
      /^([+-]?)(\*|\[[^\]]*\]|[^:]+):(\d+)(?::(.*))?$/.exec(entry) ?? [];
    const name = host === "*" ? host : normalisedHost(host);
    const port = Number(digits);
    const addresses = (list ?? "").split(",").map((address) => address.trim().replace(/^\[(.*)\]$/, "$1"));
    const isValid = sign === "-" ? list === undefined : addresses.every((address) => isIP(address) !== 0);
    if (name === undefined || digits === "" || port < 1 || port > 65_535 || !isValid) {
      throw new OptionError(`not an entry: "${entry}" (host:port:address[,address])`, "resolve");
    }
    const key = `${name}:${port}`;
    if (sign === "-") all.delete(key);
    else all.set(key, { addresses, expiresMs: sign === "+" ? nowMs() + TEMPORARY_ENTRY_MS : Number.POSITIVE_INFINITY });
  }
  if (all.size === 0) return undefined;
  return (host, port) => {
    const override = all.get(`${host.replace(/\.$/, "")}:${port}`) ?? all.get(`*:${port}`);
    return override !== undefined && nowMs() < override.expiresMs ? override.addresses : undefined;
  };
}

/** Returns a host as the URL parser normalises it: lower case, Punycode, canonical address; without a trailing dot. */
function normalisedHost(text: string): string | undefined {
  if (/[/?#@\\]/.test(text)) return undefined;
  return toUrl(`http://${text}/`)
    ?.hostname.replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}
