// The interface that makes the tries of a run, in this process or in several.

import { type AttemptPorts, attempt, type Perform } from "./attempt.ts";

export interface Executor {
  readonly perform: Perform;
  /** Sets the maximum number of connections, busy and idle. */
  resize(connections: number): void;
  /** Bytes of bodies received so far. */
  receivedBytes(): number;
  /** Ends all tries in flight as `interrupted`, at once. */
  abort(): void;
  /** Frees all resources. */
  close(): void | Promise<void>;
}

/** Makes the tries in this process. */
export function localExecutor(ports: AttemptPorts): Executor {
  const { get, sink } = ports;
  return {
    perform: attempt(ports),
    resize: (connections) => get.resize(connections),
    receivedBytes: () => get.receivedBytes(),
    abort() {
      get.abort();
      sink.abort?.();
    },
    close() {
      get.close();
      sink.close();
    },
  };
}
