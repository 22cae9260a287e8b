// The part of undici's Dispatcher interface that is used, so that any copy of undici from version 5 on fits.

/** The request options of `dispatch`. */
export interface DispatchOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: "GET";
  /** By names in lower case. Includes `host` only if it differs from the URL's. */
  readonly headers: Record<string, string | string[]>;
}

/** Aborts, pauses and resumes an answer. */
export interface DispatchController {
  /** Names and values in turn, as received. */
  readonly rawHeaders?: unknown;
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** The handler that undici and its interceptors call: the interface of version 7, then that of earlier versions. */
export interface DispatchHandler {
  onRequestStart(controller: DispatchController, context?: unknown): void;
  onRequestUpgrade(controller: DispatchController, status: number, headers: unknown, socket: unknown): void;
  onResponseStart(controller: DispatchController, status: number, headers: object, statusMessage?: string): void;
  onResponseData(controller: DispatchController, chunk: Buffer): void;
  onResponseEnd(controller: DispatchController, trailers: object): void;
  /** undici 8 passes no controller if a request fails at once. */
  onResponseError(controller: DispatchController | null, error: Error): void;

  onConnect(abort: (error?: Error) => void, context?: unknown): void;
  onUpgrade(status: number, headers: unknown, socket: unknown): void;
  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText?: string): boolean;
  onData(chunk: Buffer): boolean;
  onComplete(trailers: unknown): void;
  onError(error: Error): void;
}

/** An undici Dispatcher: Agent, Pool, ProxyAgent, MockAgent, or the result of `compose`. */
export interface Dispatcher {
  /** Sends a request. The result is not used, unless it is a promise that rejects. */
  dispatch(options: DispatchOptions, handler: DispatchHandler): unknown;
}
