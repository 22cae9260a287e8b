// Host names become addresses: look-ups of the same name share one, their results are kept for a while, and localhost needs none.

import { closeSync, openSync } from "node:fs";
import { isIP } from "node:net";
import { devNull } from "node:os";
import { classify } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import { isPublic } from "./addresses.ts";
import { isFdExhaustion } from "./fd-exhaustion.ts";
import type { Lookup } from "./getaddrinfo.ts";
import { type SystemLookup, systemLookup } from "./lookup.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { ResolveOverrides } from "./resolve-overrides.ts";
import { ttlMap } from "./ttl-map.ts";

export interface ResolveOptions {
  /** Refuse every address that is not on the public internet, and this machine's own. */
  readonly publicOnly?: boolean;
  /** Whether an address is one of this machine's. Default: by its interfaces. */
  readonly isOwn?: (address: string) => boolean;
  readonly pins?: ResolveOverrides;
  /** Default: the way of this machine (`systemLookup`). */
  readonly lookup?: Lookup;
}

type Done = (error: Error | null, addresses: readonly string[]) => void;

export interface Waiter {
  readonly done: Done;
  /** There is a look-up to wait for; while it `isQueued`, it has not been sent. */
  onLookup?(isQueued: boolean): void;
}

interface Pending {
  readonly waiters: Waiter[];
  isQueued: boolean;
}

export interface Resolver {
  /**
   * The addresses to connect to, at least one where there is no error. A `target` is what a URL names: under --public-only it has
   * only public addresses, however it is written. A proxy is none.
   */
  find(host: string, port: number, isTarget: boolean, waiter: Waiter): void;
  /** No address would do: the next look-up asks anew. */
  forget(host: string): void;
  /** This address would do, where others had not answered: it comes first next time. */
  prefer(host: string, address: string): void;
  /** Gives up look-ups that are under way: nothing more is called back. */
  close(): void;
}

const LOOPBACK = ["127.0.0.1", "::1"] as const;

/** So many names are kept, for so long: DNS's own times are not to be had from getaddrinfo. */
const MAX_NAMES = 10_000;
const MAX_AGE_MS = 60_000;
/** How long a name that does not exist is known not to. */
const MAX_ABSENT_MS = 300_000;
/** So many look-ups in a row must say so: a server may be wrong once. */
const ABSENT_LOOKUPS = 2;

/** So many addresses of one name are kept: an answer may have thousands. */
const MAX_ADDRESSES = 256;

export function resolver({ publicOnly, isOwn = ownAddresses(), pins, lookup }: ResolveOptions): Resolver {
  // Made when there is a name: a list of addresses does without.
  let system: SystemLookup | undefined;
  const bySystem: Lookup = (...args) => {
    system ??= systemLookup();
    system.lookup(...args);
  };
  const look = lookup ?? bySystem;
  const pending = new Map<string, Pending>();
  const found = ttlMap<readonly string[]>(MAX_NAMES, MAX_AGE_MS);
  const absent = ttlMap<{ lookups: number; readonly error: Error }>(MAX_NAMES, MAX_ABSENT_MS);

  const settle: (host: string, ...result: Parameters<Done>) => void = (host, error, addresses) => {
    const { waiters } = pending.get(host) ?? { waiters: [] };
    pending.delete(host);
    if (error === null) found.set(host, addresses);
    if (error === null || !isAbsent(error)) absent.delete(host);
    else absent.set(host, { lookups: (absent.get(host)?.lookups ?? 0) + 1, error });
    for (const { done } of waiters) done(error, addresses);
  };
  const ask = (host: string, waiter: Waiter) => {
    const known = absent.get(host);
    if (known !== undefined && known.lookups >= ABSENT_LOOKUPS)
      return process.nextTick(waiter.done, again(known.error), []);
    const shared = pending.get(host);
    waiter.onLookup?.(shared?.isQueued ?? false);
    if (shared !== undefined) return void shared.waiters.push(waiter);
    const own: Pending = { waiters: [waiter], isQueued: false };
    pending.set(host, own);
    const queued = (isQueued: boolean) => {
      own.isQueued = isQueued;
      for (const one of own.waiters) one.onLookup?.(isQueued);
    };
    look(host, queued, (error, answers) => {
      if (error !== null) return settle(host, unmaskFdExhaustion(error), []);
      settle(host, null, [...new Set(answers.map(({ address }) => address))].slice(0, MAX_ADDRESSES));
    });
  };
  const known = (host: string, port: number) =>
    pins?.(host, port) ?? (isIP(host) === 0 ? undefined : [host]) ?? (isLocalhost(host) ? LOOPBACK : found.get(host));
  /** Hands on what may be connected to. */
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
      else ask(host, { done, onLookup: (isQueued) => waiter.onLookup?.(isQueued) });
    },
    forget: (host) => found.delete(host),
    prefer(host, address) {
      const addresses = found.get(host);
      if (addresses === undefined || addresses[0] === address) return;
      found.set(host, [address, ...addresses.filter((other) => other !== address)]);
    },
    close() {
      system?.close();
      pending.clear();
    },
  };
}

/** No such name, or none with an address. */
function isAbsent(error: Error): boolean {
  return classify(error, "connect").error === "dns_not_found";
}

/** The error of an earlier look-up: no other one was made. */
function again(error: Error): Error {
  return Object.assign(new Error(error.message), { code: (error as NodeJS.ErrnoException).code, known: true });
}

/** RFC 6761 section 6.3: localhost and every name below it is loopback, without asking anyone. */
function isLocalhost(hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(hostname);
}

/** Why a proxy that looks up names itself is not asked for this one under --public-only: an address, or localhost. */
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

/** Out of file descriptors, getaddrinfo reports that there is no such name, and c-ares that no server can be reached. Tries to get one. */
export function unmaskFdExhaustion(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  try {
    closeSync(openSync(devNull, "r"));
    return error;
  } catch (cause) {
    return isFdExhaustion(cause) ? (cause as NodeJS.ErrnoException) : error;
  }
}
