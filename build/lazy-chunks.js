// Splits off the parts of the program that few runs need, as chunks that are required where their functions are first called.
import { basename, resolve } from "node:path";
import { importedBy } from "./imported-by.js";

/**
 * Returns a function from a file to the part it belongs to; undefined for files that are always loaded. A file belongs to a part
 * if it is one of its gates, or if only files of parts import it. `entries`: the files with which programs begin; `parts`: the
 * gates of each part, by its name.
 */
export function lazyParts(entries, parts) {
  const gates = Object.values(parts)
    .flat()
    .map((path) => resolve(path));
  const always = new Set(entries.flatMap((entry) => [...importedBy(entry, gates)]));
  const partOf = new Map();
  for (const [part, paths] of Object.entries(parts))
    for (const path of paths)
      for (const file of importedBy(path, gates)) if (!always.has(file) && !partOf.has(file)) partOf.set(file, part);
  return (file) => partOf.get(file);
}

/** `const require_core = require("../bin/core.cjs");` */
const REQUIRE = /^const (require_\w+) = require\(("[^"]+")\);$/gm;

/**
 * A rollup plugin that requires the chunks of these names where they are used, instead of at the start of a file. What uses
 * one while its file is loaded makes it no longer lazy: a test names the files that a run loads.
 */
export function requireLazily(names) {
  return {
    name: "require-lazily",
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        const lazy = [];
        chunk.code = chunk.code?.replace(REQUIRE, (line, name, path) => {
          if (!names.includes(basename(JSON.parse(path), ".cjs"))) return line;
          lazy.push(name);
          return `let ${name}_loaded;\nconst ${name} = () => (${name}_loaded ??= require(${path}));`;
        });
        for (const name of lazy) chunk.code = chunk.code.replace(new RegExp(`\\b${name}\\.`, "g"), `${name}().`);
      }
    },
  };
}

/** `Object.defineProperty(exports, "name", { enumerable: true, get: function() { return name; } });`, over several lines. */
const GETTER =
  /^Object\.defineProperty\(exports, "([\w$]+)", \{\n\tenumerable: true,\n\tget: function\(\) \{\n\t\treturn ([\w$]+);\n\t\}\n\}\);$/gm;

/**
 * A rollup plugin that exports values instead of getters from chunk to chunk: 300 functions less for V8 to compile and to create.
 * Variables that may change keep theirs.
 */
export const plainExports = {
  name: "plain-exports",
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      const variables = new Set([...(chunk.code ?? "").matchAll(/^let ([\w$]+)/gm)].map(([, name]) => name));
      chunk.code = chunk.code?.replace(GETTER, (getter, name, value) =>
        variables.has(value) ? getter : `exports.${name} = ${value};`,
      );
    }
  },
};
