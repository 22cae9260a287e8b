// The clocks and the timer that a run is handed.

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
  /** Calls `act` after `ms` milliseconds, at most 24.8 days; gives a function that cancels it. */
  after(ms: number, act: () => void): () => void {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
