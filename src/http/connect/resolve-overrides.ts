// --resolve: where hosts are, said by the user instead of by DNS, in curl's words.

import { isIP } from "node:net";
import { OptionError } from "../../core/errors.ts";

/** The addresses that were given for a host and a port, if any were. */
export type ResolveOverrides = (host: string, port: number) => readonly string[] | undefined;

/** How long an entry with a `+` counts: as long as an answer of DNS does. */
const PASSING_MS = 60_000;

interface Pin {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

/**
 * Reads entries `host:port:address[,address]`. `*` as the host is every host that has no entry of its own; `+` before it lets the
 * entry count for a minute only; `-host:port` takes an earlier one back. IPv6 addresses may have brackets.
 * Throws an OptionError for what is none.
 */
export function resolveOverrides(
  entries: readonly string[],
  nowMs = () => performance.now(),
): ResolveOverrides | undefined {
  const all = new Map<string, Pin>();
  for (const entry of entries) {
    const [, sign = "", host = "", digits = "", list] =
      /^([+-]?)(\*|\[[^\]]*\]|[^:]+):(\d+)(?::(.*))?$/.exec(entry) ?? [];
    const name = host === "*" ? host : hostOf(host);
    const port = Number(digits);
    const addresses = (list ?? "").split(",").map((address) => address.trim().replace(/^\[(.*)\]$/, "$1"));
    const isGood = sign === "-" ? list === undefined : addresses.every((address) => isIP(address) !== 0);
    if (name === undefined || digits === "" || port < 1 || port > 65_535 || !isGood) {
      throw new OptionError(`not an entry: "${entry}" (host:port:address[,address])`, "resolve");
    }
    const key = `${name}:${port}`;
    if (sign === "-") all.delete(key);
    else all.set(key, { addresses, untilMs: sign === "+" ? nowMs() + PASSING_MS : Number.POSITIVE_INFINITY });
  }
  if (all.size === 0) return undefined;
  return (host, port) => {
    const pin = all.get(`${host.replace(/\.$/, "")}:${port}`) ?? all.get(`*:${port}`);
    return pin !== undefined && nowMs() < pin.untilMs ? pin.addresses : undefined;
  };
}

/** A host as it stands in a URL that was read: in lower case, Punycode, an address in its usual form; no dot at its end. */
function hostOf(text: string): string | undefined {
  if (/[/?#@\\]/.test(text) || !URL.canParse(`http://${text}/`)) return undefined;
  return new URL(`http://${text}/`).hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
