// Host names become addresses: look-ups of the same name share one, and localhost needs none.

import { type LookupAddress, type LookupAllOptions, lookup } from "node:dns";
import { closeSync, openSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { devNull } from "node:os";
import { isScarce } from "./scarcity.ts";

type Done = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** A look-up function for `net.connect`. getaddrinfo runs two at a time in Node, so that each one counts. */
export function resolver(): LookupFunction {
  const waiting = new Map<string, Done[]>();

  const settle = (hostname: string, error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
    const all = waiting.get(hostname) ?? [];
    waiting.delete(hostname);
    for (const done of all) done(error, addresses);
  };

  const find = (hostname: string, options: LookupAllOptions, done: Done) => {
    if (isLocalhost(hostname)) return process.nextTick(done, null, [...LOOPBACK]);
    const others = waiting.get(hostname);
    if (others !== undefined) return void others.push(done);
    waiting.set(hostname, [done]);
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      settle(hostname, error === null ? null : honest(error), addresses);
    });
  };

  return (hostname, options, callback) => {
    find(hostname, options as LookupAllOptions, (error, addresses) => {
      if (options.all === true) return callback(error, addresses);
      const first = addresses?.[0];
      callback(error, first?.address ?? "", first?.family);
    });
  };
}

/** RFC 6761 section 6.3: localhost and every name below it is loopback, without asking anyone. */
function isLocalhost(hostname: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(hostname);
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
