// Several reporters as one: a slow one is waited for within a limit, a failing one is left out, and both are said.

import type { Outcome } from "../job.ts";
import type { Reporter, View } from "../ports.ts";

/** How long one reporter may take over one outcome: 5 minutes. */
export const STALL_MS = 300_000;

export interface NamedReporter {
  /** For the message, if it fails. */
  readonly name: string;
  readonly reporter: Reporter;
}

export interface CombineOptions {
  /** How long one reporter may take over one outcome, in milliseconds. */
  readonly stallMs: number;
  readonly after: (ms: number, act: () => void) => () => void;
  /** Told once for each reporter that threw, rejected or stalled, and gets no more outcomes. */
  readonly onLost: (name: string, error: unknown) => void;
}

/** The reporter that tells all of `reporters`, in order. Its `outcome` and `end` never throw and always settle. */
export function combineReporters(reporters: readonly NamedReporter[], options: CombineOptions): Required<Reporter> {
  const { stallMs, after, onLost } = options;
  let live = [...reporters];

  const lose = (lost: NamedReporter, error: unknown) => {
    if (!live.includes(lost)) return;
    live = live.filter((other) => other !== lost);
    onLost(lost.name, error);
  };

  /** Calls one reporter; gives a promise only where there is something to wait for. */
  const tell = (named: NamedReporter, call: () => void | Promise<void>): Promise<void> | undefined => {
    try {
      const taken = call();
      return taken === undefined ? undefined : patiently(named, taken);
    } catch (error) {
      lose(named, error);
      return undefined;
    }
  };

  const patiently = (named: NamedReporter, taken: Promise<void>) =>
    new Promise<void>((resolve) => {
      const cancel = after(stallMs, () => {
        lose(named, new Error(`took nothing for ${stallMs / 1000} s`));
        resolve();
      });
      taken
        .catch((error: unknown) => lose(named, error))
        .finally(() => {
          cancel();
          resolve();
        });
    });

  return {
    start(view: View) {
      for (const named of live) {
        void tell(named, () => named.reporter.start?.(view)); // `start` gives no promise
      }
    },
    outcome(outcome: Outcome) {
      let waits: Promise<void>[] | undefined;
      for (const named of live) {
        const wait = tell(named, () => named.reporter.outcome(outcome));
        if (wait !== undefined) {
          waits ??= [];
          waits.push(wait);
        }
      }
      return waits === undefined ? undefined : Promise.all(waits).then(() => {});
    },
    async end(view: View) {
      for (const named of live) await tell(named, () => named.reporter.end?.(view));
    },
  };
}
