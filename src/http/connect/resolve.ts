// Host names become addresses: look-ups of the same name share one, what they found is kept for a minute, and localhost needs none.

import type { LookupAddress, LookupAllOptions } from "node:dns";
import { closeSync, openSync } from "node:fs";
import { isIP } from "node:net";
import { devNull } from "node:os";
import { classify } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import { isPublic } from "./addresses.ts";
import type { Pins } from "./pins.ts";
import { recent } from "./recent.ts";
import { isScarce } from "./scarcity.ts";

export interface ResolveOptions {
  /** Refuse every address that is not on the public internet. */
  readonly publicOnly?: boolean;
  readonly pins?: Pins;
  /** Node's `dns.lookup`, but for tests. */
  readonly lookup?: Lookup;
}

export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

type Done = (error: Error | null, addresses: readonly string[]) => void;

export interface Resolver {
  /**
   * The addresses to connect to, at least one where there is no error. A `target` is what a URL names: under --public-only it has
   * only public addresses, however it is written. A proxy is none.
   */
  find(host: string, port: number, isTarget: boolean, done: Done): void;
  /** No address would do: the next look-up asks anew. */
  forget(host: string): void;
  /** This address would do, where others had not answered: it comes first next time. */
  prefer(host: string, address: string): void;
}

const LOOPBACK = ["127.0.0.1", "::1"] as const;

/** So many names are kept, for so long: DNS's own times are not to be had from getaddrinfo. */
const MAX_NAMES = 10_000;
const MAX_AGE_MS = 60_000;

/** getaddrinfo runs two at a time in Node, so that each one counts. */
export function resolver({ publicOnly, pins, lookup }: ResolveOptions): Resolver {
  // Read when there is a name: a list of addresses does without.
  const look: Lookup = lookup ?? ((...args) => process.getBuiltinModule("node:dns").lookup(...args));
  const waiting = new Map<string, Done[]>();
  const found = recent<readonly string[]>(MAX_NAMES, MAX_AGE_MS);

  const settle: (host: string, ...result: Parameters<Done>) => void = (host, error, addresses) => {
    const all = waiting.get(host) ?? [];
    waiting.delete(host);
    if (error === null) found.set(host, addresses);
    for (const done of all) done(error, addresses);
  };
  const ask = (host: string, done: Done) => {
    const others = waiting.get(host);
    if (others !== undefined) return void others.push(done);
    waiting.set(host, [done]);
    look(host, { all: true }, (error, answers) => {
      if (error !== null) return settle(host, honest(error), []);
      settle(host, null, [...new Set(answers.map(({ address }) => address))]);
    });
  };
  const known = (host: string, port: number) =>
    pins?.(host, port) ?? (isIP(host) === 0 ? undefined : [host]) ?? (isLocalhost(host) ? LOOPBACK : found.get(host));
  /** Hands on what may be connected to. */
  const checked =
    (host: string, done: Done): Done =>
    (error, addresses) => {
      if (error !== null) return done(error, []);
      const allowed = addresses.filter(isPublic);
      if (allowed.length > 0) done(null, allowed);
      else process.nextTick(done, blocked(host, addresses), []);
    };

  return {
    find(host, port, isTarget, done) {
      const then = publicOnly === true && isTarget ? checked(host, done) : done;
      const addresses = known(host, port);
      if (addresses === undefined) ask(host, then);
      else then(null, addresses);
    },
    forget: (host) => found.delete(host),
    prefer(host, address) {
      const addresses = found.get(host);
      if (addresses === undefined || addresses[0] === address) return;
      found.set(host, [address, ...addresses.filter((other) => other !== address)]);
    },
  };
}

/** RFC 6761 section 6.3: localhost and every name below it is loopback, without asking anyone. */
function isLocalhost(hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(hostname);
}

/** Why a proxy that looks up names itself is not asked for this one under --public-only: an address, or localhost. */
export function barred(host: string): Failure | undefined {
  const isInside = isIP(host) === 0 ? isLocalhost(host) : !isPublic(host);
  return isInside ? classify(blocked(host), "connect") : undefined;
}

function blocked(host: string, addresses: readonly string[] = []): Error {
  const is = addresses.length === 0 || addresses[0] === host ? "" : ` is ${addresses.slice(0, 3).join(", ")}:`;
  return Object.assign(new Error(`${host}${is} not a public address`), { code: "BULKGET_BLOCKED" });
}

/** Out of file descriptors, getaddrinfo says that there is no such name, or blames others. See whether one can be had. */
export function honest(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  if (!/^(ENOTFOUND$|EAI_)/.test(error.code ?? "")) return error;
  try {
    closeSync(openSync(devNull, "r"));
    return error;
  } catch (cause) {
    return isScarce(cause) ? (cause as NodeJS.ErrnoException) : error;
  }
}
