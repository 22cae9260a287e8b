// SIGINT, SIGTERM and SIGHUP stop a run: the first lets it finish, the second does not; raised again at the end, for the shell to see.

export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

export interface Signals {
  /** Leaves signals to what Node does by default. */
  release(): void;
  /** From now on the second one is not caught either: it ends the process whatever that is at. */
  last(): void;
  /** Ends the process by the signal, as its parent will see it. Returns only where that has no effect (as pid 1). */
  raise(signal: NodeJS.Signals): void;
}

/** From now on these signals have no effect, for good; nor has SIGUSR1, by which Node opens a debugger. */
export function ignore(signals: Iterable<StopSignal>): void {
  for (const signal of ["SIGUSR1" as const, ...signals]) process.on(signal, () => {});
}

/** Calls `tell` for the first of these signals, and again for the second; a third is no longer caught. */
export function onSignals(signals: readonly StopSignal[], tell: (signal: StopSignal, again: boolean) => void): Signals {
  let caught = 0;
  let isLast = false;
  const listeners = signals.map((signal) => [signal, () => heard(signal)] as const);
  const release = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  const heard = (signal: StopSignal) => {
    caught++;
    if (caught > 1 || isLast) release();
    tell(signal, caught > 1);
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
