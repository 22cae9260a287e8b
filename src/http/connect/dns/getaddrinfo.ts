// Resolves names by getaddrinfo, with no more look-ups at a time than Node's thread pool runs, so that none waits for a thread.

/**
 * Looks a name up. `queued` is called with true if the look-up has to wait, and with false when it starts; it is not called
 * if the look-up starts at once.
 */
export type Lookup = (
  hostname: string,
  queued: (isQueued: boolean) => void,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly { readonly address: string }[]) => void,
) => void;

/** libuv's default and maximum number of threads (docs.libuv.org, threadpool). */
const DEFAULT_THREADS = 4;
const MAX_THREADS = 1024;

/** Returns how many look-ups Node runs at a time: libuv limits them to half of its threads, rounded up (libuv/libuv#1845). */
export function lookupsAtATime(size: string | undefined): number {
  const threads = size === undefined ? DEFAULT_THREADS : Number.parseInt(size, 10) || 1;
  return Math.floor((Math.min(MAX_THREADS, Math.max(1, threads)) + 1) / 2);
}

/** Returns the number of threads with which `concurrency` look-ups run at a time. */
export function threadsFor(concurrency: number): number {
  return Math.min(MAX_THREADS, Math.max(DEFAULT_THREADS, 2 * concurrency));
}

/** Returns a look-up function with its own queue. */
export function getaddrinfo(): Lookup {
  const maxRunning = lookupsAtATime(process.env["UV_THREADPOOL_SIZE"]);
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
    if (running < maxRunning) return start();
    queued(true);
    waiting.add(() => {
      queued(false);
      start();
    });
  };
}
