// The settings that all processes of the internet benchmark read from one file.

import { readFileSync } from "node:fs";
import type { Certificates } from "./certificates.ts";
import type { Distribution } from "./distribution.ts";

export interface Settings {
  readonly distribution: Distribution;
  readonly seed: number;
  readonly certificates: Certificates;
}

/** Ports of the web servers at 127.0.0.1; the programs connect through the relay to each name's address, ports 80 and 443. */
export const ORIGIN_PORTS = { plain: 8080, secure: 8443 } as const;

/** Reads the settings file in this process's first argument. */
export function readSettings(): Settings {
  return JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Settings;
}
