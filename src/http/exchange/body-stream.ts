// A body that is still arriving: pushed by the wire, pulled by the disk, with at most 1 MiB between them.

import type { Failure } from "../../core/failure.ts";
import type { BodyStream } from "../../core/ports.ts";

/** More than this waiting, in bytes, and the wire is asked to pause; or more than is given, where many bodies arrive at a time. */
export const PAUSE_BYTES = 1_048_576;

/** Pieces of fewer bytes are put together while they wait, so much at a time: each costs some 200 bytes besides its own. */
const SMALL_BYTES = 4096;
const TOGETHER_BYTES = 16_384;

export interface BodyQueue extends BodyStream {
  pour(take: (piece: Uint8Array) => boolean): Promise<void>;
  /** Adds a piece; one that is not `isOurs` is overwritten soon. False asks for a pause, until `onDrained` is called. */
  push(chunk: Buffer, isOurs: boolean): boolean;
  /** The body is whole, or failed: what waits is still handed over before that is said, since a part may be kept. */
  end(failure?: Failure): void;
}

export function bodyQueue(
  first: Buffer[],
  onDrained: () => void,
  onCancel: () => void,
  mostBytes = PAUSE_BYTES,
): BodyQueue {
  let waiting: Buffer[] = first;
  let waitingBytes = first.reduce((sum, chunk) => sum + chunk.length, 0);
  /** The memory of the last that waits, where small pieces may still be added to it; and how far it is filled. */
  let open: Buffer | undefined;
  let filled = 0;
  let ending: Failure | "whole" | undefined;
  let paused = false;
  let wake: (() => void) | undefined;
  let pouring: ((piece: Uint8Array) => boolean) | undefined;

  const drained = () => {
    if (!paused || ending !== undefined) return;
    paused = false;
    onDrained();
  };
  /** Whatever comes next is another piece. */
  const close = () => {
    if (open !== undefined) waiting.push(open.subarray(0, filled));
    open = undefined;
    filled = 0;
  };
  const keep = (chunk: Buffer, isOurs: boolean) => {
    const isFirst = waitingBytes === 0;
    waitingBytes += chunk.length;
    if (isFirst || chunk.length >= SMALL_BYTES) {
      close();
      // A part of a larger piece would hold all of it.
      waiting.push(isOurs && chunk.buffer.byteLength <= 2 * chunk.length ? chunk : Buffer.from(chunk));
      return;
    }
    if (open !== undefined && open.length - filled < chunk.length) close();
    open ??= Buffer.allocUnsafeSlow(TOGETHER_BYTES);
    filled += chunk.copy(open, filled);
  };
  const take = (): readonly Uint8Array[] | Failure | undefined => {
    close();
    if (waiting.length === 0) return ending === "whole" ? undefined : ending;
    const taken = waiting;
    waiting = [];
    waitingBytes = 0;
    drained();
    return taken;
  };
  /** Waits until there is something to hand over, or to say. */
  const news = async (): Promise<void> => {
    if (waitingBytes > 0 || ending !== undefined) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  };
  const notify = () => {
    wake?.();
    wake = undefined;
  };

  return {
    push(chunk, isOurs) {
      if (pouring !== undefined) {
        if (pouring(chunk)) return true;
        pouring = undefined;
        notify();
        return true;
      }
      keep(chunk, isOurs);
      notify();
      paused = waitingBytes > Math.min(mostBytes, PAUSE_BYTES);
      return !paused;
    },
    end(failure) {
      ending ??= failure ?? "whole";
      notify();
    },
    async pour(takeOne) {
      close();
      let goesOn = true;
      for (let piece = waiting.shift(); piece !== undefined; piece = goesOn ? waiting.shift() : undefined) {
        waitingBytes -= piece.length;
        goesOn = takeOne(piece);
      }
      drained(); // also for who wants no more: of nothing that waits, nothing would tell
      if (!goesOn) return;
      pouring = takeOne;
      await news();
      pouring = undefined;
    },
    async next() {
      await news();
      return take();
    },
    cancel: onCancel,
  };
}
