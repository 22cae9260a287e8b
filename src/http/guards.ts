// What undici 7.30.2 gets wrong about a connection that ends badly, put right from outside. Each guard has its test.

import type { Socket } from "node:net";

/** The part of undici's parser that the guards touch. It sits on the socket, under a symbol described "parser". */
interface Parser {
  paused: boolean;
  shouldKeepAlive: boolean;
  contentLength: string;
  resume(): void;
  onHeadersComplete(status: number, upgrade: boolean, shouldKeepAlive: boolean): number;
}

/** Guards a connection that undici has just taken over. */
export function guard(socket: Socket): void {
  const parser = parserOf(socket);
  if (parser === undefined) throw new Error("undici's parser is not where 7.30.2 has it: see src/http/guards.ts");

  // undici#5360: a body under backpressure whose connection ends is asserted not to be paused, out of an event.
  socket.prependListener("end", () => {
    while (parser.paused && !socket.destroyed) parser.resume();
    if (wasReset(socket)) parser.shouldKeepAlive = true;
  });
  // A reset is taken for the orderly end of a body without a length, unless the parser expects to go on. Neither does
  // undici then assert anything about a connection that we ourselves drop, always with an error.
  socket.prependListener("error", () => {
    parser.shouldKeepAlive = true;
  });

  const onHeadersComplete = parser.onHeadersComplete;
  parser.onHeadersComplete = (status, upgrade, shouldKeepAlive) => {
    if (upgrade || status === 101) {
      socket.destroy(new UnaskedUpgrade());
      return -1;
    }
    // RFC 9110 section 8.6: a 304 may tell the length of the body that it does not have; undici waits for no such body,
    // but takes its absence for a mismatch.
    if (status === 304) parser.contentLength = "";
    // RFC 9110 section 15.2: a client must be able to take an unasked 100; undici drops the connection. 102 it skips.
    return onHeadersComplete.call(parser, status === 100 ? 102 : status, upgrade, shouldKeepAlive);
  };
}

/**
 * Whether a connection that Node says has ended was in truth reset. libuv reports a reset that comes together with data
 * as an orderly end; the kernel no longer knows a peer then (getpeername fails), as it still does after a FIN.
 * Node keeps the first answer it gets: nobody may ask for the address before.
 */
function wasReset(socket: Socket): boolean {
  return socket.remoteAddress === undefined;
}

/** 101 to a request that asked for no upgrade (RFC 9110 section 15.2.2). Its code is of llhttp's family. */
class UnaskedUpgrade extends Error {
  readonly code = "HPE_UNASKED_UPGRADE";
  constructor() {
    super("the server switched protocols unasked");
  }
}

function parserOf(socket: Socket): Parser | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "parser");
  if (symbol === undefined) return undefined;
  return (socket as unknown as Record<symbol, Parser | undefined>)[symbol];
}
