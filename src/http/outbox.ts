// Requests go out together at the end of a turn: a server that is woken for each one by itself costs both sides twice the time.

import type { Writable } from "node:stream";

/** Writes this text, in Latin-1, to a connection that may be gone by then. */
export type Send = (to: Writable, text: string) => void;

/** Collects what is sent in one turn of the event loop, and writes it when all that had arrived is dealt with. */
export function outbox(): Send {
  let waiting: (readonly [Writable, string])[] = [];

  const flush = () => {
    const all = waiting;
    waiting = [];
    for (const [to, text] of all) if (!to.destroyed) to.write(text, "latin1");
  };
  return (to, text) => {
    if (waiting.push([to, text]) === 1) setImmediate(flush);
  };
}
