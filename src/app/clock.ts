// The monotonic clock, the timestamps and the timer of a run.

/** Maximum delay of Node's setTimeout, in milliseconds: 24.8 days. A longer delay fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

let stampMs = 0;
let stamp = "";

export const clock = {
  nowMs: () => performance.now(),
  timestamp() {
    const nowMs = Date.now();
    if (nowMs !== stampMs) {
      stampMs = nowMs;
      stamp = new Date(nowMs).toISOString();
    }
    return stamp;
  },
  /** Calls `act` after `ms` milliseconds, never for Infinity; returns a function that cancels it. */
  after(ms: number, act: () => void): () => void {
    let leftMs = ms;
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      const nextMs = Math.min(leftMs, MAX_TIMER_MS);
      leftMs -= nextMs;
      timer = setTimeout(leftMs > 0 ? wait : act, nextMs);
    };
    if (ms !== Number.POSITIVE_INFINITY) wait();
    return () => clearTimeout(timer);
  },
};
