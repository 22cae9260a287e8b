// Finds the files of this project that a file imports, directly or not, at its start: types and `import()` do not count.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** A static import or export of another file of this project. */
const STATIC = /^(?:import|export)(?! type\b)[^;]*? from "(\.[^"]+\.ts)"|^import "(\.[^"]+\.ts)"/gm;

/** Absolute paths, that of the entry included. Does not enter the files `except`. */
export function importedBy(entry, except = []) {
  const files = new Set([resolve(entry)]);
  for (const file of files)
    for (const [, path = "", effect = path] of readFileSync(file, "utf8").matchAll(STATIC)) {
      const imported = resolve(file, "..", effect || path);
      if (!except.includes(imported)) files.add(imported);
    }
  return files;
}
