// A queue between network and disk for a body that is still arriving, with backpressure at 1 MiB.

import type { Failure } from "../../core/failure.ts";
import type { BodyStream } from "../../core/ports.ts";

/** Maximum bytes that wait before the connection pauses; callers set a lower limit if many bodies arrive at a time. */
export const PAUSE_BYTES = 1_048_576;

/** Waiting pieces of fewer bytes than this are merged into blocks: each Buffer costs some 200 bytes besides its content. */
const SMALL_BYTES = 4096;
const BLOCK_BYTES = 16_384;

export interface BodyQueue extends BodyStream {
  pour(onPiece: (piece: Uint8Array) => boolean): Promise<void>;
  /** Adds a piece; unless `isOurs`, its bytes are overwritten after the call. Returns false for a pause until `onDrained` is called. */
  push(chunk: Buffer, isOurs: boolean): boolean;
  /** Ends the body, complete or with a failure; waiting pieces are delivered first, since a part may be kept. */
  end(failure?: Failure): void;
}

export function bodyQueue(
  first: Buffer[],
  onDrained: () => void,
  onCancel: () => void,
  maxWaitingBytes = PAUSE_BYTES,
): BodyQueue {
  let waiting: Buffer[] = first;
  let waitingBytes = first.reduce((sum, chunk) => sum + chunk.length, 0);
  let receivedBytes = waitingBytes;
  /** The block to which small pieces are added, and how far it is filled. */
  let block: Buffer | undefined;
  let filled = 0;
  let ending: Failure | "whole" | undefined;
  let paused = false;
  let wake: (() => void) | undefined;
  /** Receives pieces as they arrive, while `pour` runs. */
  let consumer: ((piece: Uint8Array) => boolean) | undefined;

  const drained = () => {
    if (!paused || ending !== undefined) return;
    paused = false;
    onDrained();
  };
  const closeBlock = () => {
    if (block !== undefined) waiting.push(block.subarray(0, filled));
    block = undefined;
    filled = 0;
  };
  const enqueue = (chunk: Buffer, isOurs: boolean) => {
    const isFirst = waitingBytes === 0;
    waitingBytes += chunk.length;
    if (isFirst || chunk.length >= SMALL_BYTES) {
      closeBlock();
      // A view would keep the whole memory of a larger read.
      waiting.push(isOurs && chunk.buffer.byteLength <= 2 * chunk.length ? chunk : Buffer.from(chunk));
      return;
    }
    if (block !== undefined && block.length - filled < chunk.length) closeBlock();
    block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    filled += chunk.copy(block, filled);
  };
  const dequeueAll = (): readonly Uint8Array[] | Failure | undefined => {
    closeBlock();
    if (waiting.length === 0) return ending === "whole" ? undefined : ending;
    const taken = waiting;
    waiting = [];
    waitingBytes = 0;
    drained();
    return taken;
  };
  /** Waits for a piece, or for the end. */
  const dataOrEnd = async (): Promise<void> => {
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
      receivedBytes += chunk.length;
      if (consumer !== undefined) {
        if (consumer(chunk)) return true;
        consumer = undefined;
        notify();
        return true;
      }
      enqueue(chunk, isOurs);
      notify();
      paused = waitingBytes > Math.min(maxWaitingBytes, PAUSE_BYTES);
      return !paused;
    },
    end(failure) {
      ending ??= failure ?? "whole";
      notify();
    },
    async pour(onPiece) {
      closeBlock();
      let goesOn = true;
      for (let piece = waiting.shift(); piece !== undefined; piece = goesOn ? waiting.shift() : undefined) {
        waitingBytes -= piece.length;
        goesOn = onPiece(piece);
      }
      drained(); // also after `onPiece` has returned false: if nothing waits any more, no later call would resume
      if (!goesOn) return;
      consumer = onPiece;
      await dataOrEnd();
      consumer = undefined;
    },
    async next() {
      await dataOrEnd();
      return dequeueAll();
    },
    receivedBytes: () => receivedBytes,
    cancel: onCancel,
  };
}
