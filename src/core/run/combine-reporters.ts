// Combines several reporters: waits for slow ones within a limit, and removes those that fail.

import type { Job, Outcome } from "../job.ts";
import type { Reporter, View } from "../ports.ts";

/** How long one reporter may take for one outcome: 5 minutes. */
export const STALL_MS = 300_000;

export interface NamedReporter {
  /** For the message if it fails. */
  readonly name: string;
  readonly reporter: Reporter;
}

export interface CombineOptions {
  /** How long one reporter may take for one outcome, in milliseconds. */
  readonly stallMs: number;
  readonly after: (ms: number, act: () => void) => () => void;
  /** Called once for each reporter that threw, rejected or stalled. It gets no more outcomes. */
  readonly onLost: (name: string, error: unknown) => void;
}

/** Returns a reporter that calls all of `reporters`, in order. Its `outcome` and `end` never throw and always settle. */
export function combineReporters(reporters: readonly NamedReporter[], options: CombineOptions): Required<Reporter> {
  const { stallMs, after, onLost } = options;
  let live = [...reporters];

  const lose = (lost: NamedReporter, error: unknown) => {
    if (!live.includes(lost)) return;
    live = live.filter((other) => other !== lost);
    onLost(lost.name, error);
  };

  /** Calls one reporter. Returns a promise only where there is something to wait for. */
  const notify = (named: NamedReporter, call: () => void | Promise<void>): Promise<void> | undefined => {
    try {
      const taken = call();
      return taken === undefined ? undefined : withinLimit(named, taken);
    } catch (error) {
      lose(named, error);
      return undefined;
    }
  };

  const withinLimit = (named: NamedReporter, taken: Promise<void>) =>
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
        void notify(named, () => named.reporter.start?.(view)); // `start` returns no promise
      }
    },
    outcome(outcome: Outcome, job?: Job) {
      let waits: Promise<void>[] | undefined;
      for (const named of live) {
        const wait = notify(named, () => named.reporter.outcome(outcome, job));
        if (wait !== undefined) {
          waits ??= [];
          waits.push(wait);
        }
      }
      return waits === undefined ? undefined : Promise.all(waits).then(() => {});
    },
    async end(view: View) {
      for (const named of live) await notify(named, () => named.reporter.end?.(view));
    },
  };
}
