// Child process of the benchmark: removes numbered files that are a second old, counts them, and checks some sizes.
//   node sweep.js <folder> <bytes that each file should have>
//
// Five million files do not fit: by default a tmpfs has one inode for two pages of RAM (3.1 million on a machine of 24 GB), and
// each costs 4 KiB for its page and 1 KiB for its inode. Empty files would not help with the inodes.

import { readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";

const [folder = "", bytes = ""] = process.argv.slice(2);
const EVERY_MS = 1_000;
const LOOK_AT_ONE_IN = 100;
/** The final name of a file or an archive; unfinished files end in .part, and others have no number. */
const FINISHED = /^\d+(?:\.(?!part$)[a-z0-9]+|\.warc\.gz)?$/;

let files = 0;
let wrongSizes = 0;
let seen: ReadonlySet<string> = new Set();

/** Removes the files that existed at the last call; with `all`, all files. */
function sweep(all: boolean): void {
  const young = new Set<string>();
  for (const name of readdirSync(folder)) {
    if (!FINISHED.test(name)) continue;
    if (all || seen.has(name)) remove(join(folder, name));
    else young.add(name);
  }
  seen = young;
}

function remove(path: string): void {
  if (files % LOOK_AT_ONE_IN === 0 && statSync(path).size !== Number(bytes)) wrongSizes++;
  unlinkSync(path);
  files++;
}

const timer = setInterval(sweep, EVERY_MS, false);
// Any message means that the downloads have ended.
process.once("message", () => {
  clearInterval(timer);
  sweep(true);
  process.send?.({ files, wrongSizes });
});
process.on("disconnect", () => process.exit());
