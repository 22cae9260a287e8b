// Removes files of an earlier build that this build did not write.
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Maximum granularity of file times (FAT), in milliseconds. */
const TICK_MS = 2000;

/** Removes them when this process ends without an error, because tests may run built files during a build. */
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
