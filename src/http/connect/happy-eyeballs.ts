// Happy eyeballs (RFC 8305): connects to the addresses of a name with staggered attempts; the first to connect wins.

import { isIP, type Socket } from "node:net";

/**
 * Default and minimum delay between two attempts, in milliseconds (RFC 8305 section 5). Earlier attempts continue. Node's
 * autoSelectFamily aborts them after 250 ms, so that distant servers cannot be reached (nodejs/node#54359).
 */
const ATTEMPT_DELAY_MS = 250;
const MIN_ATTEMPT_DELAY_MS = 10;

/** Share of the connect timeout within which all attempts start, so that the last one has time to succeed. */
const START_SHARE = 0.5;

/** Maximum number of attempts at a time; a further one aborts the oldest. A name may have thousands of addresses. */
const MAX_CONCURRENT_ATTEMPTS = 32;

export type OnConnected = (error: Error | null, socket: Socket | null, address: string) => void;

/**
 * Calls `done` once: with the first socket that connects, or with the error (an AggregateError if there were several).
 * Returns a function that aborts all attempts without calling `done`. `limitMs`: the time for all attempts together.
 */
export function happyEyeballs(
  addresses: readonly string[],
  limitMs: number,
  connectTo: (address: string) => Socket,
  done: OnConnected,
): () => void {
  const left = interleaved(addresses);
  const delayMs = Math.max(MIN_ATTEMPT_DELAY_MS, Math.min(ATTEMPT_DELAY_MS, (limitMs * START_SHARE) / left.length));
  const attempts = new Set<Socket>();
  const errors: Error[] = [];
  let timer: NodeJS.Timeout | undefined;

  const stop = () => {
    clearTimeout(timer);
    left.length = 0;
    for (const socket of attempts) socket.destroy();
    attempts.clear();
  };
  const endOldest = () => {
    const [oldest] = attempts;
    if (oldest === undefined) return;
    attempts.delete(oldest);
    oldest.destroy();
  };
  const next = () => {
    clearTimeout(timer);
    const address = left.shift();
    if (address === undefined) return;
    if (attempts.size >= MAX_CONCURRENT_ATTEMPTS) endOldest();
    const socket = connectTo(address);
    attempts.add(socket);
    const failed = (error: Error) => {
      if (!attempts.delete(socket)) return;
      errors.push(error);
      if (left.length > 0) next();
      else if (attempts.size === 0) done(errors.length === 1 ? error : new AggregateError(errors), null, address);
    };
    socket.on("error", failed).once("connect", () => {
      if (!attempts.delete(socket)) return;
      stop();
      socket.off("error", failed);
      done(null, socket, address);
    });
    if (left.length > 0) timer = setTimeout(next, delayMs);
  };
  next();
  return stop;
}

/** Interleaves the address families, beginning with that of the first address (RFC 8305 section 4). */
function interleaved(addresses: readonly string[]): string[] {
  if (addresses.length < 2) return [...addresses];
  const [first = ""] = addresses;
  const same = addresses.filter((address) => isIP(address) === isIP(first));
  const other = addresses.filter((address) => isIP(address) !== isIP(first));
  const longest = Math.max(same.length, other.length);
  return Array.from({ length: longest }, (_, i) => [same[i], other[i]])
    .flat()
    .filter((address) => address !== undefined);
}
