// Copies the type declarations that the library's users can reach, as those of CommonJS modules.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Of an import or an export of another file of ours. */
const SPECIFIER = /(\bfrom\s+|\bimport\()"(\.[^"]+)\.ts"/g;

/** Writes what `entry` imports, directly or not, into `folder`, with `.d.cts` at the end of each name. */
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
