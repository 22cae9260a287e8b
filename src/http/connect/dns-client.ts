// Asks DNS servers by c-ares, in the order and within the time of the C library: as many questions at a time as are asked for.

import type { Resolver as DnsResolver } from "node:dns";
import type { Reach } from "./address-order.ts";
import type { SystemNames } from "./system-names.ts";

/** RFC 8305 section 3: how long the first family waits for the other one. */
const RESOLUTION_DELAY_MS = 50;

/**
 * c-ares asks again after what a server mostly takes (at least 250 ms), doubled each time. An attempt costs a packet: enough of
 * them that our own limit ends a look-up, which is the C library's.
 */
const FIRST_TIMEOUT_MS = 2000;
const TRIES = 6;

/** What one server answers that has no answer: another one may have. Node's c-ares does not ask it by itself. */
const OF_ONE_SERVER = new Set(["ESERVFAIL", "EREFUSED", "ENOTIMP", "EFORMERR", "EBADRESP"]);
/** The name, or an address of its kind, does not exist. */
export const ABSENT = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

/** The code of a look-up's failure that has none of DNS. */
const NO_ANSWER = "BULKGET_DNS";

type Failed = NodeJS.ErrnoException;

/** Names to ask for, in the order of resolv.conf(5). */
export function candidates(name: string, { search, ndots }: Pick<SystemNames, "search" | "ndots">): readonly string[] {
  if (name.endsWith(".")) return [name];
  const dots = name.split(".").length - 1;
  const below = search.map((domain) => (domain === "" ? name : `${name}.${domain}`));
  return [...new Set(dots >= ndots ? [name, ...below] : [...below, name])];
}

type Found = (error: Failed | null, addresses: readonly string[]) => void;

export interface DnsClient {
  /** Asks for one name after the other, until one has addresses. Ends within the budget of the system's settings. */
  find(name: string, names: SystemNames, reach: Reach, done: Found): void;
  /** Gives up all questions that are under way: nothing more is called back. */
  close(): void;
}

export function dnsClient(): DnsClient {
  /** The first asks all servers in their order, each other one those from the second, third … on. */
  let resolvers: readonly DnsResolver[] = [];
  let version: string | undefined;
  const timers = new Set<NodeJS.Timeout>();
  let isClosed = false;

  const cancel = () => {
    for (const resolver of resolvers) resolver.cancel();
  };
  /** Made anew when the system's name servers may have changed; what was under way is asked again there. */
  const resolverFor = (names: SystemNames, skipped: number): DnsResolver | undefined => {
    if (version !== names.version) {
      const old = resolvers;
      version = names.version;
      resolvers = made(names);
      for (const resolver of old) resolver.cancel();
    }
    return resolvers[skipped];
  };

  return {
    find(name, names, reach, done) {
      const [first = name, ...left] = candidates(name, names);
      let failure: Failed | undefined;
      let isOver = false;
      const settle: Found = (error, addresses) => {
        if (isOver || isClosed) return;
        isOver = true;
        clearTimeout(timer);
        timers.delete(timer);
        done(error === null ? null : explained(error, name, names), addresses);
      };
      const timer = setTimeout(() => settle(failure ?? coded("ETIMEOUT"), []), names.budgetMs);
      timers.add(timer);
      const askFor = (candidate: string, skipped: number) => {
        const from = resolverFor(names, skipped);
        if (from === undefined) return settle(coded("ESERVFAIL"), []);
        ask(from, candidate, reach, (error, addresses) => {
          if (isOver || isClosed) return;
          if (error === null) return settle(null, addresses);
          const { code = "" } = error;
          if (code === "ECANCELLED") return askFor(candidate, 0);
          if (OF_ONE_SERVER.has(code) && skipped + 1 < resolvers.length) return askFor(candidate, skipped + 1);
          // As the C library: after "no such name" or a server's failure the next one, which the failure outlives.
          if (failure === undefined || !ABSENT.has(code)) failure = error;
          const next = ABSENT.has(code) || OF_ONE_SERVER.has(code) ? left.shift() : undefined;
          if (next === undefined) settle(failure, []);
          else askFor(next, 0);
        });
      };
      askFor(first, 0);
    },
    close() {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      cancel();
    },
  };
}

function made({ servers, budgetMs }: SystemNames): readonly DnsResolver[] {
  const { Resolver } = process.getBuiltinModule("node:dns");
  const options = { timeout: Math.min(FIRST_TIMEOUT_MS, budgetMs), tries: TRIES };
  if (servers.length === 0) return [new Resolver(options)];
  return servers.map((_, skipped) => {
    const resolver = new Resolver(options);
    resolver.setServers(servers.slice(skipped));
    return resolver;
  });
}

/** Both families; without IPv6 on this machine, its addresses only where there are no others. */
function ask(resolver: DnsResolver, name: string, { ipv6 }: Reach, done: Found): void {
  const found: Partial<Record<4 | 6, readonly string[]>> = {};
  const errors: Failed[] = [];
  let asked = 0;
  let answered = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;

  const settle = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    const addresses = [...(found[6] ?? []), ...(found[4] ?? [])];
    // A server's failure says more than that the other family has nothing.
    const error = errors.find(({ code }) => !ABSENT.has(code ?? "")) ?? errors[0] ?? coded("ENODATA");
    if (addresses.length > 0) done(null, addresses);
    else done(error, []);
  };
  const take = (family: 4 | 6) => (error: Failed | null, addresses: readonly string[]) => {
    if (isOver) return;
    answered++;
    if (error !== null) errors.push(error);
    else if (addresses.length > 0) found[family] = addresses;
    const hasSome = found[4] !== undefined || found[6] !== undefined;
    if (ipv6 === "none") {
      const isAbsent = error === null || error.code === "ENODATA";
      if (family === 4 && !hasSome && isAbsent) send(6);
      else settle();
    } else if (answered === asked) settle();
    else if (hasSome) timer ??= setTimeout(settle, RESOLUTION_DELAY_MS);
  };
  const send = (family: 4 | 6) => {
    asked++;
    try {
      if (family === 4) resolver.resolve4(name, take(4));
      else resolver.resolve6(name, take(6));
    } catch (error) {
      process.nextTick(take(family), error as Failed, []);
    }
  };
  if (ipv6 !== "none") {
    asked = 0;
    send(6);
  }
  send(4);
}

function coded(code: string): Failed {
  return Object.assign(new Error(code), { code });
}

/** What a code of c-ares means, in words. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such name",
  ENODATA: "the name has no address",
  EBADNAME: "not a name that DNS can have",
  ESERVFAIL: "the name server failed to resolve it",
  EREFUSED: "the name server refused to resolve it",
  ETIMEOUT: "not answered by any name server",
  ECONNREFUSED: "no name server is there",
};

/** The same failure, as one of names: c-ares says ECONNREFUSED of name servers, which is another thing for whoever connects. */
function explained({ code = "", message }: Failed, name: string, { servers }: SystemNames): Failed {
  const meaning = MEANINGS[code];
  if (meaning === undefined) return Object.assign(new Error(`${name}: ${message}`), { code: NO_ANSWER });
  if (code !== "ECONNREFUSED") return Object.assign(new Error(`${name}: ${meaning}`), { code });
  return Object.assign(new Error(`${name}: ${meaning} (${servers.join(", ") || "127.0.0.1"})`), { code: NO_ANSWER });
}
