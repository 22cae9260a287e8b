// Checks the order of HTTP/2 frames, and limits frames without effect (RFC 9113 sections 3.4, 4.3 and 10.5).

import { ConnectionError, TYPE } from "./frames.ts";

export interface FrameOrder {
  /** A frame begins. Throws a ConnectionError if it may not. */
  onFrame(type: number, isInHeaderBlock: boolean): void;
  /** The headers of an answer or a byte of a body have arrived. */
  onProgress(): void;
}

/** Maximum number of frames in a row without progress: a slow server may send pings before it answers. */
const MAX_IDLE_FRAMES = 10_000;

export function frameOrder(): FrameOrder {
  let hasBegun = false;
  let idleFrames = 0;
  return {
    onFrame(type, isInHeaderBlock) {
      if (!hasBegun && type !== TYPE.settings) {
        throw new ConnectionError("PROTOCOL_ERROR", "the server does not begin with settings");
      }
      hasBegun = true;
      if (isInHeaderBlock && type !== TYPE.continuation) {
        throw new ConnectionError("PROTOCOL_ERROR", "a header block that is interrupted");
      }
      if (++idleFrames > MAX_IDLE_FRAMES) {
        throw new ConnectionError("ENHANCE_YOUR_CALM", `${MAX_IDLE_FRAMES} frames that bring nothing`);
      }
    },
    onProgress() {
      idleFrames = 0;
    },
  };
}
