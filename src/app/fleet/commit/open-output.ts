// Opens the output of a fleet, and loads what an object store needs only for one.

import type { FleetOutput, FleetPlace } from "./fleet-output.ts";
import { folderOutput } from "./folder-output.ts";

/** Rejects with a FolderError. */
export async function openFleetOutput(place: FleetPlace): Promise<FleetOutput> {
  const { store } = place;
  if (store === undefined) return folderOutput(place);
  const { storeFleetOutput } = await import("./store-commit.ts");
  return storeFleetOutput(store, place);
}
