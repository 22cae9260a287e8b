// Both of undici's ways to hand over an answer, the one from version 7 on and the one before, as one.

import type { DispatchController, DispatchHandler } from "./dispatcher-shape.ts";
import { linesOf, linesOfRaw } from "./field-lines.ts";

/** What stops an answer, and lets it go on. */
export interface Control {
  abort(reason: Error): void;
  resume(): void;
}

/** Called with one answer, whichever way it comes. */
export interface DispatchListener {
  /** The request is being sent; once more where the dispatcher repeats it. */
  onStart(control: Control): void;
  /** Also with informational ones. `fields`: header lines, in Latin-1. */
  onHead(status: number, fields: string): void;
  /** False holds up the answer until `resume` is called. */
  onPiece(piece: Buffer): boolean;
  onEnd(): void;
  onLost(error: unknown): void;
}

/**
 * A handler that has both ways, as properties of its own: an interceptor may spread it, and undici takes the way that it has.
 */
export function dispatchHandler(to: DispatchListener): DispatchHandler {
  let controller: DispatchController | undefined;
  let abort: ((error?: Error) => void) | undefined;
  let resume: (() => void) | undefined;
  const control: Control = {
    abort(reason) {
      if (controller !== undefined) controller.abort(reason);
      else abort?.(reason);
    },
    resume() {
      if (controller !== undefined) controller.resume();
      else resume?.();
    },
  };
  /** A dispatcher that repeats a request may have another controller for each. */
  const by = (one: DispatchController | null | undefined) => {
    if (one != null) controller = one;
  };
  const upgraded = (socket: unknown) => {
    if (typeof socket === "object" && socket !== null && "destroy" in socket && typeof socket.destroy === "function")
      socket.destroy();
    to.onHead(101, "");
  };

  return {
    onRequestStart(one) {
      by(one);
      to.onStart(control);
    },
    onRequestUpgrade: (_one, _status, _headers, socket) => upgraded(socket),
    onResponseStart(one, status, headers) {
      by(one);
      to.onHead(status, linesOf(headers, one?.rawHeaders));
    },
    onResponseData(one, chunk) {
      by(one);
      if (!to.onPiece(chunk)) controller?.pause();
    },
    onResponseEnd: () => to.onEnd(),
    onResponseError: (_one, error) => to.onLost(error),

    onConnect(toAbort) {
      abort = toAbort;
      to.onStart(control);
    },
    onUpgrade: (_status, _headers, socket) => upgraded(socket),
    onHeaders(status, headers, toResume) {
      resume = toResume;
      to.onHead(status, linesOfRaw(headers));
      return true;
    },
    onData: (chunk) => to.onPiece(chunk),
    onComplete: () => to.onEnd(),
    onError: (error) => to.onLost(error),
  };
}
