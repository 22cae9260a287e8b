// Watches a run of a fleet until all its chunks are committed: by what the queue knows, and by the folder where that is reached.

import { OptionError } from "../../core/errors.ts";
import type { Observer } from "../../queue/observer.ts";
import type { RunStore } from "../../queue/runs.ts";
import type { FleetOutput } from "./commit/fleet-output.ts";
import { openFleetOutput } from "./commit/open-output.ts";
import { type DoneEntry, type FleetView, fleetView } from "./fleet-view.ts";
import { pause } from "./pause.ts";
import type { FleetPlan } from "./plan.ts";

/** How often the queue is asked, in milliseconds. */
const LOOK_MS = 1000;

/** How many looks at the queue come between two at the folder, which may have 100,000 files, or at the store, whose listings have a price. */
const LOOKS_PER_FOLDER = 10;
const LOOKS_PER_STORE = 60;

export interface WatchOptions {
  readonly store: RunStore;
  readonly observer: Observer;
  readonly note: (text: string) => void;
  readonly stop: AbortSignal;
}

/** The run of a folder, or the only one. Rejects with an OptionError. */
export async function watchedRun(store: RunStore, folder: string | undefined): Promise<FleetPlan> {
  const plans: FleetPlan[] = [];
  for (const run of await store.runs()) {
    const plan = (await store.get(run)) as FleetPlan | undefined; // written by `enqueue`
    if (plan !== undefined) plans.push(plan);
  }
  const [only, ...others] = folder === undefined ? plans : plans.filter((plan) => plan.folder === folder).slice(-1);
  if (only === undefined)
    throw new OptionError(
      `the queue has no run${folder === undefined ? "" : ` of ${folder}`}: bulkget enqueue puts one there`,
    );
  if (others.length > 0) {
    const folders = plans.map((plan) => plan.folder).join(", ");
    throw new OptionError(`the queue has several runs: name the folder of one with -o: ${folders}`);
  }
  return only;
}

/** Opens the view of a run, with all that is committed. */
export async function openWatch(plan: FleetPlan, options: WatchOptions) {
  const { store, observer, note, stop } = options;
  let current = plan;
  const fleet = fleetView(() => current);
  const output = await reachedOutput(plan, note);
  const looksPerOutput = plan.options.store === undefined ? LOOKS_PER_FOLDER : LOOKS_PER_STORE;
  let read = 0;
  let failedBefore = 0;
  const look = async (looks: number) => {
    read = await store.readDone(plan.run, read, (entry) => fleet.addDone(entry as DoneEntry)); // written by a worker
    const { active, failed } = await observer.state();
    if (current.chunks === undefined) current = ((await store.get(plan.run)) as FleetPlan | undefined) ?? current;
    if (output !== undefined && looks % looksPerOutput === 0)
      await addFromOutput(output, fleet, stop).catch(({ message }: Error) => note(message));
    fleet.setActive(active);
    if (failed > failedBefore) note(`${failed} chunks have failed too often: bulkget enqueue gives them another try`);
    failedBefore = failed;
    return current.chunks !== undefined && fleet.done.size >= current.chunks;
  };
  try {
    await look(0);
  } catch (error) {
    output?.close();
    throw error;
  }
  return {
    ...fleet,
    close: () => output?.close(),
    /** Resolves to true when all chunks are committed, to false when `stop` aborts. */
    async untilDone(): Promise<boolean> {
      for (let looks = 1; !stop.aborted; looks++) {
        if (await look(looks)) return true;
        await pause(LOOK_MS, stop);
      }
      fleet.stop();
      return false;
    },
  };
}

/** The output where it is reached from this machine: a mounted folder, or a store for which there are credentials. */
async function reachedOutput(
  { folder, options }: FleetPlan,
  note: (text: string) => void,
): Promise<FleetOutput | undefined> {
  try {
    return await openFleetOutput({ folder, store: options.store, state: "", isSynced: false, note });
  } catch {
    return undefined;
  }
}

/** Counts chunks whose entry the queue does not have, such as after the loss of Redis. */
async function addFromOutput(output: FleetOutput, { done, addResults }: FleetView, stop: AbortSignal): Promise<void> {
  for (const chunk of await output.committed()) {
    if (stop.aborted) return;
    if (done.has(chunk)) continue;
    const found = await output.results(chunk);
    if (found !== undefined) addResults(chunk, found.results, found.atMs ?? Date.now());
  }
}
