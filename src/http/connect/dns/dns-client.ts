// Queries DNS servers by c-ares, in the C library's order and time limits, with any number of queries at a time.

import type { Resolver as DnsResolver } from "node:dns";
import { LinkedList, type ListNode } from "../../../core/structures/linked-list.ts";
import type { Reach } from "./address-order.ts";
import { burstLimit } from "./burst-limit.ts";
import type { SystemNames } from "./system-names.ts";

/** Resolution delay of RFC 8305 section 3: time that the first answer waits for the other address family. */
const RESOLUTION_DELAY_MS = 50;

/**
 * Timeout and number of attempts of c-ares. It derives its timeout from a server's latency (at least 250 ms) and doubles it
 * each time. With 6 attempts our own limit, which is the C library's, ends a look-up; an attempt costs one packet.
 */
const FIRST_TIMEOUT_MS = 2000;
const TRIES = 6;

/**
 * Codes of a failure of one server: another server may answer. Node sets ARES_FLAG_NOCHECKRESP (src/cares_wrap.cc), with which
 * c-ares returns SERVFAIL, NOTIMP and REFUSED instead of trying the next server.
 */
const SERVER_FAILURE_CODES = new Set(["ESERVFAIL", "EREFUSED", "ENOTIMP", "EFORMERR", "EBADRESP"]);
/** Codes for a name that does not exist or has no address of the family. */
export const NO_ADDRESS_CODES = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

/** The code of a look-up that failed for another reason than DNS. */
const NO_ANSWER = "BULKGET_DNS";

type Failed = NodeJS.ErrnoException;

/** Returns the names to query, in the order of resolv.conf(5). */
export function candidates(name: string, { search, ndots }: Pick<SystemNames, "search" | "ndots">): readonly string[] {
  if (name.endsWith(".") || search.length === 0) return [name];
  const dots = name.split(".").length - 1;
  const below = search.map((domain) => (domain === "" ? name : `${name}.${domain}`));
  return [...new Set(dots >= ndots ? [name, ...below] : [...below, name])];
}

type Found = (error: Failed | null, addresses: readonly string[]) => void;

/** A look-up under way, which ends at the end of its time at the latest. */
interface TimedLookup extends ListNode<TimedLookup> {
  readonly timer: NodeJS.Timeout;
}

export interface DnsClient {
  /** Queries one candidate after the other until one has addresses. Ends within `names.budgetMs` after the first query. */
  find(name: string, names: SystemNames, reach: Reach, done: Found): void;
  /** Cancels all pending queries: no callback is called afterwards. */
  close(): void;
}

export function dnsClient(): DnsClient {
  /** Resolver i queries the servers resolver index i on, in order. */
  let resolvers: readonly DnsResolver[] = [];
  let version: string | undefined;
  /** Resolvers of queries that are repeated over a connection of their own. */
  const single = new Set<DnsResolver>();
  const lookups = new LinkedList<TimedLookup>();
  const bursts = burstLimit();
  let isClosed = false;

  const cancel = () => {
    for (const resolver of [...resolvers, ...single]) resolver.cancel();
  };
  /** Replaces the resolvers when the system's settings have changed; pending queries are cancelled and sent again. */
  const resolverFor = (names: SystemNames, skipped: number): DnsResolver | undefined => {
    if (version !== names.version) {
      const old = resolvers;
      version = names.version;
      resolvers = resolversFor(names);
      for (const resolver of old) resolver.cancel();
    }
    return resolvers[skipped];
  };

  const find = (name: string, names: SystemNames, reach: Reach, done: Found) => {
    const [first = name, ...left] = candidates(name, names);
    let failure: Failed | undefined;
    let isOver = false;
    let alone: DnsResolver | undefined;
    const settle: Found = (error, addresses) => {
      if (isOver || isClosed) return;
      isOver = true;
      clearTimeout(own.timer);
      lookups.delete(own);
      endAlone();
      done(error === null ? null : explained(error, name, names), addresses);
    };
    const timer = setTimeout(() => settle(failure ?? coded("ETIMEOUT"), []), names.budgetMs);
    const own: TimedLookup = { timer, list: undefined, prevNode: undefined, nextNode: undefined };
    lookups.add(own);
    /** Cancels what the repeated query has left: the other family, or all of it at the end of the time. */
    const endAlone = () => {
      if (alone === undefined) return;
      single.delete(alone);
      alone.cancel();
      alone = undefined;
    };
    const queryCandidate = (candidate: string, skipped: number) => {
      const isRepeated = alone !== undefined;
      const resolver = alone ?? resolverFor(names, skipped);
      if (resolver === undefined) return settle(coded("ESERVFAIL"), []);
      query(resolver, candidate, reach, (error, addresses) => {
        endAlone();
        if (isOver || isClosed) return;
        if (error === null) return settle(null, addresses);
        const { code = "" } = error;
        if (code === "ECANCELLED") return queryCandidate(candidate, 0);
        // c-ares 1.34.9 ends all queries of a connection when it cannot parse the response to one of them.
        if (code === "EBADRESP" && !isRepeated) {
          alone = resolversFor(names)[skipped];
          if (alone !== undefined) {
            single.add(alone);
            return queryCandidate(candidate, skipped);
          }
        }
        if (SERVER_FAILURE_CODES.has(code) && skipped + 1 < resolvers.length)
          return queryCandidate(candidate, skipped + 1);
        // As the C library: both kinds of failure lead to the next name, and a server's failure is the one reported.
        if (failure === undefined || !NO_ADDRESS_CODES.has(code)) failure = error;
        const next = NO_ADDRESS_CODES.has(code) || SERVER_FAILURE_CODES.has(code) ? left.shift() : undefined;
        if (next === undefined) settle(failure, []);
        else queryCandidate(next, 0);
      });
    };
    queryCandidate(first, 0);
  };

  return {
    find(name, names, reach, done) {
      bursts.add((onAnswer) =>
        find(name, names, reach, (error, addresses) => {
          onAnswer();
          done(error, addresses);
        }),
      );
    },
    close() {
      isClosed = true;
      bursts.close();
      for (const { timer } of lookups) clearTimeout(timer);
      cancel();
    },
  };
}

function resolversFor({ servers, budgetMs }: SystemNames): readonly DnsResolver[] {
  const { Resolver } = process.getBuiltinModule("node:dns");
  const options = { timeout: Math.min(FIRST_TIMEOUT_MS, budgetMs), tries: TRIES };
  if (servers.length === 0) return [new Resolver(options)];
  return servers.map((_, skipped) => {
    const resolver = new Resolver(options);
    resolver.setServers(servers.slice(skipped));
    return resolver;
  });
}

/** Queries both families; without IPv6 on this machine, AAAA only if the name has no A records. */
function query(resolver: DnsResolver, name: string, { ipv6 }: Reach, done: Found): void {
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
    if (addresses.length > 0) return done(null, addresses);
    // A server's failure is reported rather than the absence of the other family.
    const error = errors.find(({ code }) => !NO_ADDRESS_CODES.has(code ?? "")) ?? errors[0] ?? coded("ENODATA");
    done(error, []);
  };
  const onAnswer = (family: 4 | 6) => (error: Failed | null, addresses: readonly string[]) => {
    if (isOver) return;
    answered++;
    if (error !== null) errors.push(error);
    else if (addresses.length > 0) found[family] = addresses;
    const hasAddresses = found[4] !== undefined || found[6] !== undefined;
    if (ipv6 === "none") {
      const isAbsent = error === null || error.code === "ENODATA";
      if (family === 4 && !hasAddresses && isAbsent) send(6);
      else settle();
    } else if (answered === asked) settle();
    else if (hasAddresses) timer ??= setTimeout(settle, RESOLUTION_DELAY_MS);
  };
  const send = (family: 4 | 6) => {
    asked++;
    try {
      if (family === 4) resolver.resolve4(name, onAnswer(4));
      else resolver.resolve6(name, onAnswer(6));
    } catch (error) {
      process.nextTick(onAnswer(family), error as Failed, []);
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

/** The meaning of c-ares' codes in messages. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such name",
  ENODATA: "the name has no address",
  EBADNAME: "not a valid DNS name",
  ESERVFAIL: "the name server failed to resolve it",
  EREFUSED: "the name server refused to resolve it",
  ETIMEOUT: "no name server answered",
  ECONNREFUSED: "no name server is reachable",
};

/** Adds the name and the meaning. c-ares' ECONNREFUSED, of name servers, gets another code: to callers it means the host. */
function explained({ code = "", message }: Failed, name: string, { servers }: SystemNames): Failed {
  const meaning = MEANINGS[code];
  if (meaning === undefined) return Object.assign(new Error(`${name}: ${message}`), { code: NO_ANSWER });
  if (code !== "ECONNREFUSED") return Object.assign(new Error(`${name}: ${meaning}`), { code });
  return Object.assign(new Error(`${name}: ${meaning} (${servers.join(", ") || "127.0.0.1"})`), { code: NO_ANSWER });
}
