// A clock for tests: it stands still until the test moves it on, and shows which timers are set.
import { TIME } from "./outcomes.ts";

export interface Timer {
  readonly dueMs: number;
  /** As it was asked for, in milliseconds. */
  readonly ms: number;
  readonly act: () => void;
}

export interface FakeClock {
  nowMs(): number;
  timestamp(): string;
  after(ms: number, act: () => void): () => void;
  /** Those that are set now, the next one first. */
  timers(): readonly Timer[];
  /** Lets so many milliseconds pass: what is due goes off in its turn, with all that follows from it by itself. */
  pass(ms: number): Promise<void>;
}

export function fakeClock(): FakeClock {
  const set = new Set<Timer>();
  let nowMs = 0;
  const timers = () => [...set].sort((one, other) => one.dueMs - other.dueMs);
  return {
    nowMs: () => nowMs,
    timestamp: () => TIME,
    after(ms, act) {
      const timer: Timer = { dueMs: nowMs + ms, ms, act };
      set.add(timer);
      return () => void set.delete(timer);
    },
    timers,
    async pass(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        await quiet();
        const [timer] = timers();
        if (timer === undefined || timer.dueMs > untilMs) break;
        nowMs = timer.dueMs;
        set.delete(timer);
        timer.act();
      }
      nowMs = untilMs;
    },
  };
}

/** When everything has happened that can happen by itself: all of it is microtasks. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
