// Connects to the addresses of one name as RFC 8305 has it: the next one after a while, or after a failure; the first one wins.

import { isIP, type Socket } from "node:net";

/** In milliseconds: RFC 8305 section 5. Those tried before go on: Node's own way gives them up, and with it the far side of the world. */
const HEAD_START_MS = 250;

/** A name may have hundreds. */
const MAX_TRIED = 16;

export type Raced = (error: Error | null, socket: Socket | null, address: string) => void;

/**
 * Calls `done` once: with the first socket that connects, or with all errors (an AggregateError where there were several).
 * Returns what gives it all up, which calls nothing.
 */
export function race(addresses: readonly string[], connectTo: (address: string) => Socket, done: Raced): () => void {
  const left = alternating(addresses).slice(0, MAX_TRIED);
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
    if (left.length > 0) timer = setTimeout(next, HEAD_START_MS);
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
