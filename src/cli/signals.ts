// Handles SIGINT, SIGTERM and SIGHUP: the first ends the run gracefully, the second at once; raises the signal again at the end.

export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

export interface Signals {
  /** Removes the handlers: a signal then ends the process. */
  release(): void;
  /** From now on the second signal is not handled either: it ends the process at once. */
  last(): void;
  /** Ends the process by the signal, so that its parent sees the signal. Returns only where it has no effect (as pid 1). */
  raise(signal: NodeJS.Signals): void;
}

/** Ignores these signals, and SIGUSR1, by which Node opens a debugger. */
export function ignore(signals: Iterable<StopSignal>): void {
  for (const signal of ["SIGUSR1" as const, ...signals]) process.on(signal, () => {});
}

/** Calls `act` for the first of these signals, and again for the second. A third one ends the process. */
export function onSignals(signals: readonly StopSignal[], act: (signal: StopSignal, again: boolean) => void): Signals {
  let caught = 0;
  let isLast = false;
  const listeners = signals.map((signal) => [signal, () => onSignal(signal)] as const);
  const release = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  const onSignal = (signal: StopSignal) => {
    caught++;
    if (caught > 1 || isLast) release();
    act(signal, caught > 1);
  };
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    release,
    last() {
      isLast = true;
      if (caught > 0) release();
    },
    raise(signal) {
      release();
      process.kill(process.pid, signal);
    },
  };
}
