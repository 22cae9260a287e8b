// A body that is still arriving: pushed by the wire, pulled by the disk, with at most 1 MiB between them.

import type { Failure } from "../core/failure.ts";
import type { BodyStream } from "../core/ports.ts";

/** More than this waiting, in bytes, and the wire is asked to pause. */
export const PAUSE_BYTES = 1_048_576;

export interface Arriving extends BodyStream {
  /** Adds a piece; false asks for a pause, until `onDrained` is called. */
  push(chunk: Uint8Array): boolean;
  /** The body is whole, or failed: what waits is still handed over before that is said, since a part may be kept. */
  end(failure?: Failure): void;
}

export function arriving(first: Uint8Array[], onDrained: () => void, onCancel: () => void): Arriving {
  let waiting = first;
  let waitingBytes = first.reduce((sum, chunk) => sum + chunk.length, 0);
  let ending: Failure | "whole" | undefined;
  let paused = false;
  let wake: (() => void) | undefined;

  const take = (): readonly Uint8Array[] | Failure | undefined => {
    if (waiting.length === 0) return ending === "whole" ? undefined : ending;
    const taken = waiting;
    waiting = [];
    waitingBytes = 0;
    if (paused && ending === undefined) {
      paused = false;
      onDrained();
    }
    return taken;
  };
  const notify = () => {
    wake?.();
    wake = undefined;
  };

  return {
    push(chunk) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      notify();
      paused = waitingBytes > PAUSE_BYTES;
      return !paused;
    },
    end(failure) {
      ending ??= failure ?? "whole";
      notify();
    },
    async next() {
      if (waiting.length === 0 && ending === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return take();
    },
    cancel: onCancel,
  };
}
