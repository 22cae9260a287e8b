// Who makes the tries of a run: this process, or several of them as one.

import { type AttemptPorts, attempt, type Perform } from "./attempt.ts";

export interface Executor {
  readonly perform: Perform;
  /** From now on at most so many connections, busy and idle. */
  resize(connections: number): void;
  /** Bytes of bodies received so far. */
  receivedBytes(): number;
  /** Ends everything under way as `interrupted`, at once. */
  abort(): void;
  /** Frees all that it holds. */
  close(): void | Promise<void>;
}

/** This process alone. */
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
