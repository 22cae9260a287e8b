// Runs a bundle with the code that V8 made of it when it was built: to compile it anew takes a seventh of the time of one URL.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { basename, dirname } from "node:path";
import { Script } from "node:vm";

/** Of the source and its code, before the code: V8 itself looks at no more than the length of either. */
const DIGEST_BYTES = 32;

/** Runs a CommonJS file. Code of another version of V8, or made with other flags, is refused by V8, and costs nothing. */
export function run(file: string): Script {
  const source = readFileSync(file);
  const code = codeFor(file, source);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source.toString()}\n})`, {
    filename: basename(file), // V8 keeps it with the code: where it was built is nobody's business
    ...(code === undefined ? {} : { cachedData: code }),
  });
  const require = createRequire(file);
  const module = new Module(file);
  // What it loads later may want something of it: that must not run it a second time.
  require.cache[require.resolve(file)] = module;
  const load = script.runInThisContext() as (...args: readonly unknown[]) => void;
  load(module.exports, require, module, file, dirname(file));
  return script;
}

/** Keeps what V8 has compiled so far: with the functions that have run, not only what the file begins with. */
export function keep(file: string, script: Script): void {
  const code = script.createCachedData();
  writeFileSync(`${file}.code`, Buffer.concat([digestOf(readFileSync(file), code), code]));
}

function codeFor(file: string, source: Buffer): Buffer | undefined {
  try {
    const kept = readFileSync(`${file}.code`);
    const code = kept.subarray(DIGEST_BYTES);
    return digestOf(source, code).equals(kept.subarray(0, DIGEST_BYTES)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(source: Buffer, code: Buffer): Buffer {
  return createHash("sha256").update(source).update(code).digest();
}
