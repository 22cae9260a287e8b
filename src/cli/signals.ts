// SIGINT, SIGTERM and SIGHUP: told on, the first time and the second; and raised again at the end, for the shell to see.

export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

export interface Signals {
  /** Leaves signals to what Node does by default. */
  release(): void;
  /** Ends the process by the signal, as its parent will see it. Returns only where that has no effect (as pid 1). */
  raise(signal: NodeJS.Signals): void;
}

/** Calls `tell` for the first signal, and again for the second; a third is no longer caught. */
export function onSignals(tell: (signal: StopSignal, again: boolean) => void): Signals {
  let caught = 0;
  const listeners = SIGNALS.map((signal) => [signal, () => heard(signal)] as const);
  const release = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  const heard = (signal: StopSignal) => {
    caught++;
    if (caught > 1) release();
    tell(signal, caught > 1);
  };
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    release,
    raise(signal) {
      release();
      process.kill(process.pid, signal);
    },
  };
}
