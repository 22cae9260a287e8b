// The failure of a line that is not tried, because its host is down or wants to be left alone: made here, and read here.

import type { Failure } from "../failure.ts";

/** Why a host gets no requests, and the last failure there. */
export interface Refusal {
  readonly why: string;
  /** The detail of the last failure. */
  readonly last: string;
}

const FRONT = "not tried: ";
const BETWEEN = ", last: ";

/** Returns the failure of a job that is not tried: `why`, and the last failure of its host. */
export function refusalOf({ error, status, detail }: Failure, why: string): Failure {
  const refusal = { error, detail: `${FRONT}${why}${BETWEEN}${detail}` };
  return status === undefined ? refusal : { ...refusal, status };
}

/** Returns the parts of a detail that `refusalOf` made; undefined for any other. */
export function refusalIn(detail: string): Refusal | undefined {
  const at = detail.indexOf(BETWEEN);
  if (at === -1 || !detail.startsWith(FRONT)) return undefined;
  return { why: detail.slice(FRONT.length, at), last: detail.slice(at + BETWEEN.length) };
}
