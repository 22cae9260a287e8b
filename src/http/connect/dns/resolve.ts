// Resolves host names to addresses, with shared look-ups, a cache, and localhost without a look-up.

import { closeSync, openSync } from "node:fs";
import { isIP } from "node:net";
import { devNull } from "node:os";
import { classify } from "../../../core/classify.ts";
import type { Failure } from "../../../core/failure.ts";
import { isFdExhaustion } from "../../../core/fd-exhaustion.ts";
import { ttlMap } from "../../../core/structures/ttl-map.ts";
import { isPublic } from "./addresses.ts";
import type { Lookup } from "./getaddrinfo.ts";
import { type SystemLookup, systemLookup } from "./lookup.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { ResolveOverrides } from "./resolve-overrides.ts";

export interface ResolveOptions {
  /** Refuse all addresses that are not public, and those of this machine. */
  readonly publicOnly?: boolean;
  /** Whether an address is this machine's own. Default: by its interfaces. */
  readonly isOwn?: (address: string) => boolean;
  readonly overrides?: ResolveOverrides | undefined;
  /** Default: `systemLookup`. */
  readonly lookup?: Lookup;
}

type Done = (error: Error | null, addresses: readonly string[]) => void;

export interface Waiter {
  readonly done: Done;
  /** Called when the result needs a look-up. While `isQueued`, the look-up has not been sent. */
  onLookup?(isQueued: boolean): void;
}

/** A look-up that is under way, for all who wait for it. */
interface Pending {
  readonly host: string;
  readonly waiters: Waiter[];
  isQueued: boolean;
}

export interface Resolver {
  /**
   * Calls back with the addresses to connect to: at least one if there is no error. `isTarget`: the host is a URL's, and not a
   * proxy's; under --public-only it then has only public addresses.
   */
  find(host: string, port: number, isTarget: boolean, waiter: Waiter): void;
  /** Removes a name from the cache after no address could be connected to. */
  forget(host: string): void;
  /** Moves an address that could be connected to to the front of the cached ones. */
  prefer(host: string, address: string): void;
  /** Cancels pending look-ups: no callback is called afterwards. */
  close(): void;
}

const LOOPBACK = ["127.0.0.1", "::1"] as const;

/** Maximum number and age of cached names. getaddrinfo does not return the TTLs of DNS. */
const MAX_NAMES = 10_000;
const MAX_AGE_MS = 60_000;
/** Maximum age of the cached fact that a name does not exist, in milliseconds. */
const MAX_ABSENT_MS = 300_000;
/** Number of look-ups in a row with that result before it is cached: a server may be wrong once. */
const MIN_ABSENT_LOOKUPS = 2;

/** Maximum number of cached addresses of one name. An answer may have thousands. */
const MAX_ADDRESSES = 256;

export function resolver({ publicOnly, isOwn = ownAddresses(), overrides, lookup }: ResolveOptions): Resolver {
  // Created for the first name: a list of URLs with addresses needs none.
  let system: SystemLookup | undefined;
  const bySystem: Lookup = (...args) => {
    system ??= systemLookup();
    system.lookup(...args);
  };
  const resolveName = lookup ?? bySystem;
  /** Addresses, or the look-up for them: another map, of look-ups alone, would be rehashed again and again (linked-list.ts). */
  const names = ttlMap<readonly string[] | Pending>(MAX_NAMES, MAX_AGE_MS, () => performance.now());
  const absent = ttlMap<{ lookups: number; readonly error: Error }>(MAX_NAMES, MAX_ABSENT_MS, () => performance.now());

  let isClosed = false;

  const foundOf = (host: string): readonly string[] | undefined => {
    const known = names.get(host);
    return known === undefined || "waiters" in known ? undefined : known;
  };
  const settle = (own: Pending, ...[error, addresses]: Parameters<Done>): void => {
    if (isClosed) return;
    const { host, waiters } = own;
    if (error === null) names.set(host, addresses);
    else if (names.get(host) === own) names.delete(host);
    if (error !== null && isAbsent(error)) absent.set(host, { lookups: (absent.get(host)?.lookups ?? 0) + 1, error });
    else if (absent.get(host) !== undefined) absent.delete(host);
    for (const { done } of waiters) done(error, addresses);
  };
  const lookUp = (host: string, waiter: Waiter) => {
    const known = absent.get(host);
    if (known !== undefined && known.lookups >= MIN_ABSENT_LOOKUPS)
      return process.nextTick(waiter.done, knownError(known.error), []);
    const shared = names.get(host);
    if (shared !== undefined && "waiters" in shared) {
      waiter.onLookup?.(shared.isQueued);
      shared.waiters.push(waiter);
      return;
    }
    waiter.onLookup?.(false);
    const own: Pending = { host, waiters: [waiter], isQueued: false };
    names.set(host, own);
    const queued = (isQueued: boolean) => {
      own.isQueued = isQueued;
      for (const one of own.waiters) one.onLookup?.(isQueued);
    };
    resolveName(host, queued, (error, answers) => {
      if (error !== null) return settle(own, unmaskFdExhaustion(error), []);
      settle(own, null, distinct(answers));
    });
  };
  const known = (host: string, port: number) =>
    overrides?.(host, port) ??
    (isIP(host) === 0 ? undefined : [host]) ??
    (isLocalhost(host) ? LOOPBACK : foundOf(host));
  /** Wraps `done` so that it gets only addresses that may be connected to. */
  const checked =
    (host: string, done: Done): Done =>
    (error, addresses) => {
      if (error !== null) return done(error, []);
      const allowed = addresses.filter((address) => isPublic(address) && !isOwn(address));
      if (allowed.length > 0) done(null, allowed);
      else process.nextTick(done, blocked(host, addresses), []);
    };

  return {
    find(host, port, isTarget, waiter) {
      const done = publicOnly === true && isTarget ? checked(host, waiter.done) : waiter.done;
      const addresses = known(host, port);
      if (addresses !== undefined) done(null, addresses);
      else lookUp(host, { done, onLookup: (isQueued) => waiter.onLookup?.(isQueued) });
    },
    forget(host) {
      if (foundOf(host) !== undefined) names.delete(host);
    },
    prefer(host, address) {
      const addresses = foundOf(host);
      if (addresses === undefined || addresses[0] === address) return;
      names.set(host, [address, ...addresses.filter((other) => other !== address)]);
    },
    close() {
      isClosed = true;
      system?.close();
    },
  };
}

function distinct(answers: readonly { readonly address: string }[]): readonly string[] {
  const addresses = answers.map(({ address }) => address);
  return addresses.length === 1 ? addresses : [...new Set(addresses)].slice(0, MAX_ADDRESSES);
}

/** Whether the name does not exist or has no address. */
function isAbsent(error: Error): boolean {
  return classify(error, "connect").error === "dns_not_found";
}

/** Copies the error of an earlier look-up, marked as `known`: no further look-up was made. */
function knownError(error: Error): Error {
  return Object.assign(new Error(error.message), { code: (error as NodeJS.ErrnoException).code, isFinal: true });
}

/** RFC 6761 section 6.3: localhost and its subdomains are loopback, without a DNS query. */
function isLocalhost(hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(hostname);
}

/** Returns the failure under --public-only for a host that a proxy would resolve itself: a non-public address, or localhost. */
export function blockedAddress(host: string, isOwn = ownAddresses()): Failure | undefined {
  const isInside = isIP(host) === 0 ? isLocalhost(host) : !isPublic(host) || isOwn(host);
  return isInside ? classify(blocked(host), "connect") : undefined;
}

function blocked(host: string, addresses: readonly string[] = []): Error {
  const is = addresses.length === 0 || addresses[0] === host ? "" : ` is ${addresses.slice(0, 3).join(", ")}:`;
  const what = (addresses.length === 0 ? [host] : addresses).some(isPublic)
    ? "an address of this machine"
    : "not a public address";
  return Object.assign(new Error(`${host}${is} ${what}`), { code: "BULKGET_BLOCKED" });
}

/**
 * Returns EMFILE or ENFILE instead of `error` if no file descriptor is available: getaddrinfo then reports ENOTFOUND
 * (nodejs/node#27604), and c-ares ECONNREFUSED.
 */
export function unmaskFdExhaustion(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  try {
    closeSync(openSync(devNull, "r"));
    return error;
  } catch (cause) {
    return isFdExhaustion(cause) ? (cause as NodeJS.ErrnoException) : error;
  }
}
