// Requests go out together, some 20 of a turn: a server that is woken for each one by itself costs both sides twice the time.

/** What has a request to write. */
export interface Outgoing {
  /** Writes it to its connection, which may be gone by then. */
  write(): void;
}

/** Has a request written, at the end of this turn of the event loop at the latest. */
export type Send = (one: Outgoing) => void;

/** So many do not wait for the end of a turn: it may be a long one, and a server that is slow could be at them already. */
const BURST = 20;

/** Collects what is sent in one turn of the event loop, and writes it at its end at the latest. */
export function writeBatcher(): Send {
  let waiting: Outgoing[] = [];

  const flush = () => {
    const all = waiting;
    waiting = [];
    for (const one of all) one.write();
  };
  return (one) => {
    const collected = waiting.push(one);
    if (collected === 1) setImmediate(flush);
    else if (collected === BURST) flush();
  };
}
