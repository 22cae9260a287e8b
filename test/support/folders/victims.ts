// Files around an output folder that no run may change, compared by name, content, link, owner and times.

import { createHash } from "node:crypto";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

export interface Victims {
  /** The working directory of runs, so deep below `root` that `../../..` from the output folder is still compared. */
  readonly cwd: string;
  /** A folder of victims beside the output folder. */
  readonly path: string;
  /** The file in that folder that planted links point to. */
  readonly file: string;
  /** Describes everything below `root` except the output folder, for comparison before and after a run. */
  snapshot(): Readonly<Record<string, string>>;
}

/** Creates the victims below `root`; the output folder is `downloads` in `cwd`. */
export function victims(root: string): Victims {
  const cwd = join(root, "a", "b", "c");
  const path = join(cwd, "victims");
  const file = join(path, "victim.txt");
  mkdirSync(join(path, "folder"), { recursive: true });
  for (const one of [file, join(path, "000001.txt"), join(path, "folder", "000001.txt"), join(path, "x")]) {
    writeFileSync(one, `mine: ${one}\n`);
  }
  symlinkSync("victim.txt", join(path, "link"));
  linkSync(file, join(path, "hard"));
  const output = join(cwd, "downloads");
  return { cwd, path, file, snapshot: () => looksOf(root, output) };
}

function looksOf(root: string, except: string): Record<string, string> {
  const looks: Record<string, string> = {};
  for (const name of namesBelow(root, except)) {
    const path = join(root, name);
    // The output folder is created in this folder, so its times may change.
    looks[name] = join(except, "..") === path ? "here" : look(path);
  }
  return looks;
}

/** All names below a folder except one path and its content, sorted; links are not followed. */
export function namesBelow(root: string, except?: string): string[] {
  const found: string[] = [];
  const walk = (above: string) => {
    for (const entry of readdirSync(join(root, above), { withFileTypes: true })) {
      const name = join(above, entry.name);
      if (join(root, name) === except) continue;
      found.push(name);
      if (entry.isDirectory()) walk(name);
    }
  };
  walk("");
  return found.sort();
}

/** Describes what is at a path; links are not followed. */
export function look(path: string): string {
  const stats = lstatSync(path, { bigint: true });
  const { mode, uid, gid, size, mtimeNs, ino } = stats;
  const content = stats.isFile()
    ? createHash("sha256").update(readFileSync(path)).digest("hex")
    : stats.isSymbolicLink()
      ? readlinkSync(path)
      : "";
  return [ino, mode.toString(8), uid, gid, size, mtimeNs, content].join(" ");
}
