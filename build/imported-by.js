// Finds the files of this project that a file imports, directly or not, at its start: types and `import()` do not count.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** A static import or export of another file of this project. */
const STATIC = /^(?:import|export)(?! type\b)[^;]*? from "(\.[^"]+\.ts)"|^import "(\.[^"]+\.ts)"/gm;

/** Absolute paths, that of the entry included. */
export function importedBy(entry) {
  const files = new Set([resolve(entry)]);
  for (const file of files)
    for (const [, path = "", effect = path] of readFileSync(file, "utf8").matchAll(STATIC))
      files.add(resolve(file, "..", effect || path));
  return files;
}
