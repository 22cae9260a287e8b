// Finds the built file that a worker thread runs, from a bundle of the package or from this project's own files.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The entry points of threads in bin/. */
export type ThreadName = "verifier-thread" | "writer-thread";

/** Undefined where the file is missing: in a program that bundles this package, or before the build. */
export function threadFile(name: ThreadName): string | undefined {
  const here = import.meta.url;
  const path = fileURLToPath(new URL(`${binFolderFrom(here)}${name}.cjs`, here));
  return existsSync(path) ? path : undefined;
}

/** dist/bin as seen from a bundle in dist/bin or dist/lib, from dist/src/fs, or from src/fs. */
function binFolderFrom(url: string): string {
  if (url.endsWith(".cjs")) return "../bin/";
  return url.endsWith(".js") ? "../../bin/" : "../../dist/bin/";
}
