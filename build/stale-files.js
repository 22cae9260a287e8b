// Removes what an earlier build left in a folder and this one did not write again.
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Clocks of file systems tick coarsely, in milliseconds. */
const TICK_MS = 2000;

/** When this process ends well, and not before: tests run what is built while it is built anew. */
export function removeStaleFiles(folders) {
  const startMs = Date.now() - TICK_MS;
  process.once("exit", (code) => {
    if (code !== 0) return;
    for (const folder of folders) {
      for (const file of readdirSync(folder, { recursive: true })) {
        const stats = statSync(join(folder, file));
        if (stats.isFile() && stats.mtimeMs < startMs) rmSync(join(folder, file));
      }
    }
  });
}
