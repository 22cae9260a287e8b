// The outputs of the runs whose chunks a worker downloads: opened once, and checked before each chunk.

import { join } from "node:path";
import { FolderError } from "../../core/errors.ts";
import type { RunStore } from "../../queue/runs.ts";
import type { FleetOutput } from "./commit/fleet-output.ts";
import { openFleetOutput } from "./commit/open-output.ts";
import type { FleetPlan } from "./plan.ts";

interface RunOutput {
  readonly plan: FleetPlan;
  readonly output: FleetOutput;
}

export interface RunOutputs {
  /** The output of a run, which must be there. Rejects with a FolderError. */
  of(run: string): Promise<RunOutput>;
  close(): void;
}

/** `state`: the folder on this machine for attempts at chunks of runs into stores. */
export function runOutputs(store: RunStore, state: string, note: (text: string) => void): RunOutputs {
  const known = new Map<string, Promise<RunOutput>>();

  async function open(run: string): Promise<RunOutput> {
    const plan = (await store.get(run)) as FleetPlan | undefined; // written by `enqueue`
    if (plan === undefined) throw new Error(`the queue has no plan of the run ${run}: run bulkget enqueue again`);
    const { folder, options } = plan;
    const place = {
      folder,
      store: options.store,
      state: join(state, run),
      isSynced: options.durability !== "none",
      note,
    };
    return { plan, output: await openFleetOutput(place) };
  }

  return {
    async of(run) {
      const opening = known.get(run) ?? open(run);
      known.set(run, opening);
      const opened = await opening.catch((error: unknown) => {
        known.delete(run);
        throw error;
      });
      if ((await opened.output.record())?.run !== run) {
        const advice = opened.plan.options.store === undefined ? "mount it there" : "run bulkget enqueue again";
        const what = `${opened.output.shown}: is not the output of the run ${run} on this machine`;
        throw new FolderError("disk", `${what}: ${advice}`);
      }
      return opened;
    },
    close() {
      for (const opening of known.values())
        void opening.then(
          ({ output }) => output.close(),
          () => {},
        );
    },
  };
}
