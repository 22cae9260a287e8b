// Copies the type declarations of the library as declarations of CommonJS modules (.d.cts).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The specifier of an import or export of another file of this package. */
const SPECIFIER = /(\bfrom\s+|\bimport\()"(\.[^"]+)\.ts"/g;

/** Copies `entry` and all files that it imports, directly or not, into `folder`, renamed to `.d.cts`. */
export function writeDeclarations(entry, folder) {
  const root = dirname(entry);
  const files = new Set([entry]);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    for (const [, , path] of text.matchAll(SPECIFIER)) files.add(join(dirname(file), `${path}.d.ts`));
    const copy = join(folder, relative(root, file).replace(/\.d\.ts$/, ".d.cts"));
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text.replace(SPECIFIER, '$1"$2.cjs"'));
  }
}
