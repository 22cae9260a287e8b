// Connects to the addresses of one name as RFC 8305 has it: the next one after a while, or after a failure; the first one wins.

import { isIP, type Socket } from "node:net";

/**
 * The delay between two attempts, in milliseconds: RFC 8305 section 5, and its least. Attempts that were begun go on: Node's own
 * way gives them up, and with it the far side of the world.
 */
const ATTEMPT_DELAY_MS = 250;
const MIN_ATTEMPT_DELAY_MS = 10;

/** All addresses are to be tried within this share of the connect timeout, so that the last one has time to answer. */
const SHARE = 0.5;

/** Attempts of one race at a time; the oldest one is given up for another. A name may have thousands of addresses. */
const MAX_TRYING = 32;

export type Raced = (error: Error | null, socket: Socket | null, address: string) => void;

/**
 * Calls `done` once: with the first socket that connects, or with all errors (an AggregateError where there were several).
 * Returns what gives it all up, which calls nothing. `limitMs`: the time there is for all of it.
 */
export function happyEyeballs(
  addresses: readonly string[],
  limitMs: number,
  connectTo: (address: string) => Socket,
  done: Raced,
): () => void {
  const left = alternating(addresses);
  const delayMs = Math.max(MIN_ATTEMPT_DELAY_MS, Math.min(ATTEMPT_DELAY_MS, (limitMs * SHARE) / left.length));
  const trying = new Set<Socket>();
  const errors: Error[] = [];
  let timer: NodeJS.Timeout | undefined;

  const stop = () => {
    clearTimeout(timer);
    left.length = 0;
    for (const socket of trying) socket.destroy();
    trying.clear();
  };
  const next = () => {
    clearTimeout(timer);
    const address = left.shift();
    if (address === undefined) return;
    const [oldest] = trying;
    if (oldest !== undefined && trying.size >= MAX_TRYING) {
      trying.delete(oldest);
      oldest.destroy();
    }
    const socket = connectTo(address);
    trying.add(socket);
    const failed = (error: Error) => {
      if (!trying.delete(socket)) return;
      errors.push(error);
      if (left.length > 0) next();
      else if (trying.size === 0) done(errors.length === 1 ? error : new AggregateError(errors), null, address);
    };
    socket.on("error", failed).once("connect", () => {
      if (!trying.delete(socket)) return;
      stop();
      socket.off("error", failed);
      done(null, socket, address);
    });
    if (left.length > 0) timer = setTimeout(next, delayMs);
  };
  next();
  return stop;
}

/** RFC 8305 section 4: both families in turn, that of the first address first. */
function alternating(addresses: readonly string[]): string[] {
  const [first = ""] = addresses;
  const same = addresses.filter((address) => isIP(address) === isIP(first));
  const other = addresses.filter((address) => isIP(address) !== isIP(first));
  const longest = Math.max(same.length, other.length);
  return Array.from({ length: longest }, (_, i) => [same[i], other[i]])
    .flat()
    .filter((address) => address !== undefined);
}
