// The rows of the option table that the commands of the fleet take: of a run, those that hold for each worker.

import type { Group } from "../../options/row.ts";
import { ENQUEUE, WATCH, WORK } from "../../options/rows/fleet.ts";
import { LISTS } from "../../options/rows/lists.ts";
import { NETWORK } from "../../options/rows/network.ts";
import { OUTPUT } from "../../options/rows/output.ts";
import { REPORTING } from "../../options/rows/reporting.ts";
import { REQUESTS } from "../../options/rows/requests.ts";
import { SCHEDULING } from "../../options/rows/scheduling.ts";

const { state: _state, force: _force, update: _update, prune: _prune, retryFailed: _retried, ...output } = OUTPUT;
const { workers: _workers, shard: _shard, shardBy: _shardBy, ...scheduling } = SCHEDULING;
const { quiet, progress, metrics, failOn, allowEmpty } = REPORTING;

export const ENQUEUED = [
  { title: "Lists and output", rows: { ...LISTS, ...output } },
  { title: "Scheduling", rows: scheduling },
  { title: "Requests", rows: REQUESTS },
  { title: "Network", rows: NETWORK },
  { title: "Reporting", rows: { quiet, allowEmpty } },
] as const satisfies readonly Group[];

export const WORKED = [{ title: "Reporting", rows: { quiet } }] as const satisfies readonly Group[];

export const WATCHED = [
  { title: "Reporting", rows: { quiet, progress, metrics, failOn } },
] as const satisfies readonly Group[];

/** All rows of each command. */
export const ENQUEUE_ROWS = {
  ...ENQUEUE,
  ...LISTS,
  ...output,
  ...scheduling,
  ...REQUESTS,
  ...NETWORK,
  ...{ quiet, allowEmpty },
} as const;
export const WORK_ROWS = { ...WORK, quiet } as const;
export const WATCH_ROWS = { ...WATCH, quiet, progress, metrics, failOn } as const;
