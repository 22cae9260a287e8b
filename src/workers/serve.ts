// The helper's side: makes the tries that the run's process asks for, as long as that is there.

import type { Socket } from "node:net";
import { isFailure } from "../core/failure.ts";
import type { Get, Sink } from "../core/ports.ts";
import { attempt, type Perform } from "../core/run/attempt.ts";
import type { Account } from "../core/run/bandwidth.ts";
import type { Clock } from "../core/run/outcomes.ts";
import { bandwidthLease } from "./bandwidth-lease.ts";
import { ipcChannel } from "./ipc-channel.ts";
import { ALIVE_MS, type FromWorker, type TaskRow, type ToWorker, taskOf } from "./messages.ts";

export interface ServeOptions {
  readonly clock: Clock;
  /** What this machine's clock shows when that of `clock.nowMs` shows zero, in milliseconds. */
  readonly zeroMs: number;
  /** Makes what it takes to work, of what the run's process says. */
  readonly begin: (plan: unknown, account: Account) => { readonly get: Get; readonly sink: Sink };
  /** The run's process is gone, or has no more to do. Does not come back. */
  readonly leave: () => never;
}

/** Takes orders from the socket until its end. */
export function serve(socket: Socket, { clock, zeroMs, begin, leave }: ServeOptions): void {
  let get: Get | undefined;
  let sink: Sink | undefined;
  let perform: Perform | undefined;
  let laterMs = 0;
  let saidBytes = 0;
  let busy = 0;
  const received = () => {
    const bytes = get?.receivedBytes() ?? 0;
    if (bytes === saidBytes) return undefined;
    saidBytes = bytes;
    return { bytes };
  };
  // While as many tasks again are under way, there is something to do until new ones come.
  const to = ipcChannel<FromWorker, ToWorker>(socket, obey, received, () => busy);
  const account = bandwidthLease(to.put);
  socket.on("end", leave).on("close", leave);

  function obey(order: ToWorker): void {
    if (Array.isArray(order)) {
      void work(order as TaskRow); // `attempt` never rejects
    } else if ("begin" in order) {
      ({ get, sink } = begin(order.begin, account));
      perform = attempt({ get, sink, clock });
      laterMs = order.zeroMs - zeroMs;
      setInterval(() => to.put({ bytes: get?.receivedBytes() ?? 0 }), ALIVE_MS);
      to.put({ ready: true });
    } else if ("most" in order) {
      get?.resize(order.most);
    } else if ("granted" in order) {
      account.granted(order.granted);
    } else if ("named" in order) {
      sink?.share?.(true);
      to.put(order);
    } else if ("abort" in order) {
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
    if (tried === undefined) throw new Error("a task came before all that it takes to work");
    const result = "storing" in tried ? await tried.storing : tried;
    busy--;
    const [id] = row;
    if (isFailure(result) && sink?.isUnsure?.() === true) to.put({ unsure: true });
    to.put(isFailure(result) && sink?.release?.(task.job) === true ? [id, result, true] : [id, result]);
  }
}
