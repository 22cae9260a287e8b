// Reads the certificates and the key of --cacert, --cert and --key.

import { readFileSync } from "node:fs";
import { OptionError } from "../../core/errors.ts";
import type { CommandLine } from "./command-line.ts";

export interface Pem {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** The PEM texts of the files. Throws an OptionError for a file that cannot be read, or has no certificate or key. */
export function pemOf({ ca, cert, key }: Pick<CommandLine, keyof Pem>): Pem {
  return {
    ca: ca && read("--cacert", ca, "CERTIFICATE"),
    cert: cert && read("--cert", cert, "CERTIFICATE"),
    key: key && read("--key", key, "PRIVATE KEY"),
  };
}

function read(option: string, path: string, what: "CERTIFICATE" | "PRIVATE KEY"): string {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionError(`${option} ${path}: cannot be read: ${(error as Error).message}`);
  }
  if (!new RegExp(`^-----BEGIN [A-Z ]*${what}-----`, "m").test(pem)) {
    throw new OptionError(
      `${option} ${path}: no ${what.toLowerCase()} in PEM form (a text with -----BEGIN ${what}-----)`,
    );
  }
  return pem;
}
