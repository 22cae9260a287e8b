// What is used of an undici Dispatcher: its shape, so that any copy of undici will do, from version 5 on.

/** A request, as a dispatcher takes it. */
export interface DispatchOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: "GET";
  /** By their names in lower case. `host` is among them only where it is not the URL's. */
  readonly headers: Record<string, string | string[]>;
}

/** What stops and holds up an answer. */
export interface DispatchController {
  /** Name and value in turn, as they came. */
  readonly rawHeaders?: unknown;
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** What undici and its interceptors call with the answer: as from version 7 on, and as up to then. */
export interface DispatchHandler {
  onRequestStart(controller: DispatchController, context?: unknown): void;
  onRequestUpgrade(controller: DispatchController, status: number, headers: unknown, socket: unknown): void;
  onResponseStart(controller: DispatchController, status: number, headers: object, statusMessage?: string): void;
  onResponseData(controller: DispatchController, chunk: Buffer): void;
  onResponseEnd(controller: DispatchController, trailers: object): void;
  /** undici 8 has no controller where a request failed at once. */
  onResponseError(controller: DispatchController | null, error: Error): void;

  onConnect(abort: (error?: Error) => void, context?: unknown): void;
  onUpgrade(status: number, headers: unknown, socket: unknown): void;
  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText?: string): boolean;
  onData(chunk: Buffer): boolean;
  onComplete(trailers: unknown): void;
  onError(error: Error): void;
}

/** An undici Dispatcher: Agent, Pool, ProxyAgent, MockAgent, or what `compose` makes of one. */
export interface Dispatcher {
  /** Carries a request. Its result is not used; a promise may reject. */
  dispatch(options: DispatchOptions, handler: DispatchHandler): unknown;
}
