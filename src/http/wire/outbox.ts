// Requests go out together, some 20 of a turn: a server that is woken for each one by itself costs both sides twice the time.

import type { Writable } from "node:stream";

/** Writes this text, in Latin-1, to a connection that may be gone by then. */
export type Send = (to: Writable, text: string) => void;

/** So many do not wait for the end of a turn: it may be a long one, and a server that is slow could be at them already. */
const BURST = 20;

/** Collects what is sent in one turn of the event loop, and writes it at its end at the latest. */
export function outbox(): Send {
  let waiting: (readonly [Writable, string])[] = [];

  const flush = () => {
    const all = waiting;
    waiting = [];
    for (const [to, text] of all) if (!to.destroyed) to.write(text, "latin1");
  };
  return (to, text) => {
    const collected = waiting.push([to, text]);
    if (collected === 1) setImmediate(flush);
    else if (collected === BURST) flush();
  };
}
