// Refuses jobs that cannot be tried, in the order of the list.

import type { Job, Refuse } from "../core/job.ts";

/** Replaces the jobs that `refuse` refuses by refused ones. */
export function refuseIn(jobs: Job[], refuse: Refuse): void {
  let i = 0;
  for (const job of jobs) {
    const refused = job.refused === undefined ? refuse(job) : undefined;
    if (refused !== undefined) jobs[i] = { ...job, refused };
    i++;
  }
}
