// Writes requests in batches of 20: waking the server for each request doubles the processor time of both sides.

/** A connection with a request to write. */
export interface Outgoing {
  /** Writes the request, unless the connection has ended meanwhile. */
  write(): void;
}

/** Queues a request, which is written at the end of this turn of the event loop at the latest. */
export type Send = (one: Outgoing) => void;

/** Number of queued requests that are written at once: a turn may take long, and the server can start on them meanwhile. */
const BATCH_SIZE = 20;

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
    else if (collected === BATCH_SIZE) flush();
  };
}
