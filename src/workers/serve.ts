// The worker's side of the channel: runs the tasks that the run's process sends, until the channel closes.

import type { Socket } from "node:net";
import { isFailure } from "../core/failure.ts";
import type { Get, Sink } from "../core/ports.ts";
import { attempt, type Perform } from "../core/run/attempt.ts";
import type { Account } from "../core/run/bandwidth.ts";
import type { Clock } from "../core/run/outcomes.ts";
import { bandwidthLease } from "./bandwidth-lease.ts";
import { ipcChannel } from "./ipc-channel.ts";
import { type FromWorker, HEARTBEAT_MS, type TaskRow, type ToWorker, taskOf } from "./messages.ts";
import { wireRow } from "./wire-row.ts";

export interface ServeOptions {
  readonly clock: Clock;
  /** Time on the machine's monotonic clock, in milliseconds, at which `clock.nowMs` was zero. */
  readonly zeroMs: number;
  /** Creates client and sink from the plan of the run's process. */
  readonly begin: (plan: unknown, account: Account) => { readonly get: Get; readonly sink: Sink };
  /** Called when the run's process has closed the channel or has ended. */
  readonly leave: () => never;
}

/** Handles messages from the socket until its end. */
export function serve(socket: Socket, { clock, zeroMs, begin, leave }: ServeOptions): void {
  let get: Get | undefined;
  let sink: Sink | undefined;
  let perform: Perform | undefined;
  let laterMs = 0;
  let sentBytes = 0;
  let busy = 0;
  const received = () => {
    const bytes = get?.receivedBytes() ?? 0;
    if (bytes === sentBytes) return undefined;
    sentBytes = bytes;
    return { bytes };
  };
  // Results are sent at once only if at least as many are ready as tasks are in flight: until then this process stays busy.
  const to = ipcChannel<FromWorker, ToWorker>(socket, onMessage, received, () => busy);
  const account = bandwidthLease(to.put);
  socket.on("end", leave).on("close", leave);

  function onMessage(message: ToWorker): void {
    if (Array.isArray(message)) {
      void work(message as TaskRow); // `attempt` never rejects
    } else if ("begin" in message) {
      ({ get, sink } = begin(message.begin, account));
      perform = attempt({ get, sink, clock });
      laterMs = message.zeroMs - zeroMs;
      setInterval(() => to.put({ bytes: get?.receivedBytes() ?? 0 }), HEARTBEAT_MS);
      to.put({ ready: true });
    } else if ("maxConnections" in message) {
      get?.resize(message.maxConnections);
    } else if ("granted" in message) {
      account.granted(message.granted);
    } else if ("named" in message) {
      sink?.share?.(true);
      to.put(message);
    } else if ("abort" in message) {
      get?.abort();
      sink?.abort?.();
    }
  }

  async function work(row: TaskRow): Promise<void> {
    const task = taskOf(row, laterMs);
    const left = row[4]?.left;
    if (left !== undefined) sink?.adopt?.(task.job, left);
    busy++;
    const tried = await perform?.(task);
    if (tried === undefined) throw new Error("a task came before the plan");
    const result = "storing" in tried ? await tried.storing : tried;
    busy--;
    const [id] = row;
    if (!isFailure(result)) return to.put([id, result]);
    if (sink?.isUnsure?.() === true) to.put({ unsure: true });
    const isKept = sink?.release?.(task.job) === true;
    const { wire, ...failure } = result; // bytes are not plain data
    if (wire !== undefined && sink?.keep !== undefined) to.put([id, failure, isKept, wireRow(wire)]);
    else to.put(isKept ? [id, failure, true] : [id, failure]);
  }
}
