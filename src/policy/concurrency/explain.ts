// Why the governor holds the number that it holds, for a person.

/** More at a time were no faster; or too many for a server. */
export interface Over {
  readonly at: number;
  readonly sore: boolean;
}

export interface Known {
  readonly at: number;
  readonly kept: number;
  readonly most: number;
  readonly mostAtFirst: number;
  readonly over: Over | undefined;
  /** So many were slower. */
  readonly under: number;
}

export function explain({ at, kept, most, mostAtFirst, over, under }: Known): string {
  if (over === undefined && at >= most) return most < mostAtFirst ? "no more file descriptors" : "the most it takes";
  if (over === undefined) return "the run was too short to find more";
  const reason = `${over.at} ${over.sore ? "were too many for a server" : "were no faster"}`;
  return under > 0 && under < kept ? `${reason}, ${under} slower` : reason;
}
