// Adapts both handler interfaces of undici, that of version 7 and the earlier one, to one listener.

import type { DispatchController, DispatchHandler } from "./dispatcher-shape.ts";
import { linesOf, linesOfRaw } from "./field-lines.ts";

/** Aborts or resumes an answer. */
export interface Control {
  abort(reason: Error): void;
  resume(): void;
}

/** Receives one answer, from either interface. */
export interface DispatchListener {
  /** Called when the request is sent; again if the dispatcher repeats it. */
  onStart(control: Control): void;
  /** Also called for informational answers. `fields`: header lines, in Latin-1. */
  onHeaders(status: number, fields: string): void;
  /** Returning false pauses the answer until `resume` is called. */
  onData(piece: Buffer): boolean;
  onComplete(): void;
  onError(error: unknown): void;
}

/**
 * Returns a handler with both interfaces as own properties: an interceptor may spread it, and undici calls the one it supports.
 */
export function dispatchHandler(listener: DispatchListener): DispatchHandler {
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
  /** Stores the controller: a dispatcher that repeats a request may use a new one each time. */
  const useController = (one: DispatchController | null | undefined) => {
    if (one != null) controller = one;
  };
  const onUpgraded = (socket: unknown) => {
    if (typeof socket === "object" && socket !== null && "destroy" in socket && typeof socket.destroy === "function")
      socket.destroy();
    listener.onHeaders(101, "");
  };

  return {
    onRequestStart(one) {
      useController(one);
      listener.onStart(control);
    },
    onRequestUpgrade: (_one, _status, _headers, socket) => onUpgraded(socket),
    onResponseStart(one, status, headers) {
      useController(one);
      listener.onHeaders(status, linesOf(headers, one?.rawHeaders));
    },
    onResponseData(one, chunk) {
      useController(one);
      if (!listener.onData(chunk)) controller?.pause();
    },
    onResponseEnd: () => listener.onComplete(),
    onResponseError: (_one, error) => listener.onError(error),

    onConnect(toAbort) {
      abort = toAbort;
      listener.onStart(control);
    },
    onUpgrade: (_status, _headers, socket) => onUpgraded(socket),
    onHeaders(status, headers, toResume) {
      resume = toResume;
      listener.onHeaders(status, linesOfRaw(headers));
      return true;
    },
    onData: (chunk) => listener.onData(chunk),
    onComplete: () => listener.onComplete(),
    onError: (error) => listener.onError(error),
  };
}
