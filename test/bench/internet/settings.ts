// What the processes of the bench have in common, in a file that each of them reads.

import { readFileSync } from "node:fs";
import type { Certificates } from "./certificates.ts";
import type { Distribution } from "./distribution.ts";

export interface Settings {
  readonly distribution: Distribution;
  readonly seed: number;
  readonly certificates: Certificates;
}

/** The web servers' own, at 127.0.0.1; the programs reach them through the relay, at each name's address, on 80 and 443. */
export const ORIGIN_PORTS = { plain: 8080, secure: 8443 } as const;

/** Reads the file that this process was started with. */
export function readSettings(): Settings {
  return JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Settings;
}
