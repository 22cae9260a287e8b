// Which frame of HTTP/2 may come next, and how many in a row may bring nothing (RFC 9113 sections 3.4, 4.3 and 10.5).

import { ConnectionError, TYPE } from "./frames.ts";

export interface FrameOrder {
  /** A frame of this type begins. Throws a ConnectionError where it may not. */
  next(type: number, isInHeaderBlock: boolean): void;
  /** Something came that is of use: the headers of an answer, or a byte of a body. */
  useful(): void;
}

/** So many frames in a row may bring nothing: a server that is slow to answer may ping in the meantime. */
const MAX_IDLE_FRAMES = 10_000;

export function frameOrder(): FrameOrder {
  let hasBegun = false;
  let idleFrames = 0;
  return {
    next(type, isInHeaderBlock) {
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
    useful() {
      idleFrames = 0;
    },
  };
}
