// Looks names up by the C library's getaddrinfo, in Node's thread pool: as many at a time as that runs, so that no look-up's time is spent waiting for a thread.

/**
 * Looks a name up. `queued` is called with true where it cannot be asked for yet, and with false once it is; where it is asked
 * for at once, never.
 */
export type Lookup = (
  hostname: string,
  queued: (isQueued: boolean) => void,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly { readonly address: string }[]) => void,
) => void;

/** libuv's own (docs.libuv.org, threadpool): threads, and how many there may be. */
const DEFAULT_THREADS = 4;
const MAX_THREADS = 1024;

/** How many look-ups Node runs at a time: libuv leaves half of its threads to files. */
export function lookupsAtATime(size: string | undefined): number {
  const threads = size === undefined ? DEFAULT_THREADS : Number.parseInt(size, 10) || 1;
  return Math.floor((Math.min(MAX_THREADS, Math.max(1, threads)) + 1) / 2);
}

/** How many threads look-ups of so many URLs at a time need. */
export function threadsFor(concurrency: number): number {
  return Math.min(MAX_THREADS, Math.max(DEFAULT_THREADS, 2 * concurrency));
}

/** Returns a look-up with a queue of its own. */
export function getaddrinfo(): Lookup {
  const most = lookupsAtATime(process.env["UV_THREADPOOL_SIZE"]);
  const waiting = new Set<() => void>();
  let running = 0;

  return (name, queued, done) => {
    const start = () => {
      running++;
      process.getBuiltinModule("node:dns").lookup(name, { all: true }, (error, addresses) => {
        running--;
        const [next] = waiting;
        if (next !== undefined) {
          waiting.delete(next);
          next();
        }
        done(error, addresses);
      });
    };
    if (running < most) return start();
    queued(true);
    waiting.add(() => {
      queued(false);
      start();
    });
  };
}
